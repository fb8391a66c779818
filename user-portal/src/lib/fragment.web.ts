let taken: string | null = null;

/** The fragment that the page was opened with, once; it leaves the address bar at once. */
export function fragment(): string {
  if (taken === null) {
    taken = window.location.hash;
    if (taken) window.history.replaceState(window.history.state, "", window.location.pathname);
    return taken;
  }
  return "";
}
