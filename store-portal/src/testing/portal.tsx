import { act, render } from "@testing-library/react";
import { App } from "@/app/app";
import { router } from "@/app/router";
import { session } from "@/lib/api/session";
import { queries } from "@/lib/query";

/** A token whose subject is a store: header, payload and signature, of which the portal reads the second. */
export const TOKEN = `e30.${btoa(JSON.stringify({ sub: "store-1" }))}.x`;

/** Show the whole portal at one of its addresses, to somebody who is signed in. */
export async function openPortal(path: string): Promise<void> {
  queries.clear();
  session.begin(TOKEN);
  router.history.push(path);
  render(<App />);
  await act(() => router.load());
}
