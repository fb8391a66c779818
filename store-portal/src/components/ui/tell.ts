import { createContext, use } from "react";

export interface Telling {
  text: string;
  tone?: "plain" | "danger";
  action?: { label: string; run: () => void };
}

const Context = createContext<(telling: Telling) => void>(() => undefined);

export const Tell = Context.Provider;

/** Returns what shows a short notice for a few seconds. */
export function useTell() {
  return use(Context);
}
