import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import { followSession } from "./app/leaving";
import "./app/styles.css";
import { startTheme } from "./lib/theme";

// Radix locks the scrolling behind dialogs with a style element, which the page's policy takes with its nonce only.
setNonce(document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "");
startTheme();
followSession();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
