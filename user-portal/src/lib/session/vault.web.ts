import type { Kept, Vault } from "./session";

const KEY = "storeline.session";
// A page that is being reloaded lets go of its lock in far less.
const RELOADED_WITHIN_MS = 1000;

/**
 * In a browser: the tab's own storage, so closing the tab signs out and no other tab refreshes the same session.
 *
 * "Duplicate tab" copies that storage, and two tabs with one refresh token look like a theft to the API. So a session
 * belongs to the tab that holds its lock, and the copy starts signed out. There is no safer place for scripts: the page's
 * Content-Security-Policy lets no other script run. The access token is only ever in memory.
 */
export const vault: Vault = {
  async read() {
    const text = sessionStorage.getItem(KEY);
    const kept = text ? (JSON.parse(text) as Kept) : null;
    if (!kept || (await held(kept.session_id))) return kept;
    sessionStorage.removeItem(KEY);
    return null;
  },
  async write(kept) {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
    await held(kept.session_id);
  },
  async clear() {
    sessionStorage.removeItem(KEY);
  },
};

let mine: string | null = null;

/** Whether this tab has the session to itself; it then keeps it until it goes. */
function held(sessionId: string): Promise<boolean> {
  if (mine === sessionId) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks
      .request(`storeline.session.${sessionId}`, { signal: AbortSignal.timeout(RELOADED_WITHIN_MS) }, () => {
        mine = sessionId;
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}
