export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "storeline-theme";
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");

/** What was chosen in this browser; the system's own until then. */
export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply();
}

/** Dress the page, and follow the system when it changes. */
export function startTheme(): void {
  apply();
  systemIsDark.addEventListener("change", apply);
}

function apply(): void {
  const theme = chosenTheme();
  const dark = theme === "dark" || (theme === "system" && systemIsDark.matches);
  document.documentElement.classList.toggle("dark", dark);
}
