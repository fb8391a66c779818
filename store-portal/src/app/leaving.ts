import { session } from "@/lib/api/session";
import { dropDrafts } from "@/lib/drafts";
import { queries } from "@/lib/query";
import { router } from "./router";

/** Whoever signs out, wherever, leaves nothing on the screen; whoever signs in sees only what is theirs. */
export function followSession(): void {
  let last: unknown;
  session.onChange((change) => {
    // What was typed waits for the same store to come back.
    if (change === "signed-in") {
      const store = subjectOf(session.token);
      if (last !== undefined && last !== store) dropDrafts();
      last = store;
    }
    queries.clear();
    void router.invalidate();
  });
}

/** Whose token it is (RFC 7519, `sub`). */
function subjectOf(token: string | null): unknown {
  const payload = token?.split(".")[1];
  if (!payload) return undefined;
  const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  return typeof claims === "object" && claims !== null && "sub" in claims ? claims.sub : undefined;
}
