import { useSyncExternalStore } from "react";

// Tailwind's `md`.
const wide = window.matchMedia("(min-width: 48rem)");

/** Whether there is room for columns. */
export function useIsWide(): boolean {
  return useSyncExternalStore(follow, () => wide.matches);
}

function follow(changed: () => void): () => void {
  wide.addEventListener("change", changed);
  return () => {
    wide.removeEventListener("change", changed);
  };
}
