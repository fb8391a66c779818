import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./vite-compress.ts";

const STORE_HOST = "store-api.local";
const SERVER = `http://127.0.0.1:${process.env["PORT"] ?? "8080"}`;

// What the server answers itself; see `server/routes.py`.
const API = ["/store", "/health", "/docs", "/openapi.json", "/outbox", "/.well-known"];

export default defineConfig({
  plugins: [react(), tailwindcss(), compress()],
  resolve: {
    alias: {
      "@daily-co/daily-js": fileURLToPath(new URL("src/lib/absent-daily.ts", import.meta.url)),
      "@": fileURLToPath(new URL("src", import.meta.url)),
    },
  },
  // The server puts a nonce of its own into each page; see `server/portal.py`.
  html: { cspNonce: "__CSP_NONCE__" },
  // The policy allows no data: for fonts and scripts.
  build: { target: "es2023", assetsInlineLimit: 0, manifest: true },
  server: {
    proxy: Object.fromEntries(
      API.map((path) => [
        path,
        {
          target: SERVER,
          ws: true,
          // The server tells its two APIs apart by Host, and takes cookies only of its own origin's pages.
          headers: { Host: STORE_HOST, Origin: `http://${STORE_HOST}:${new URL(SERVER).port}` },
        },
      ]),
    ),
  },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://store.localhost/" } },
    setupFiles: ["src/testing/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    // A machine that builds and tests at once is slow, and no test waits for nothing.
    testTimeout: 20_000,
    restoreMocks: true,
    css: false,
  },
});
