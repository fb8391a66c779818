import { api, wanted } from "./client";
import { session } from "./session";

/** End this session here, in every tab, and on the server. */
export async function logOut(): Promise<void> {
  try {
    await wanted(api.POST("/store/auth/logout", { body: { everywhere: false } }));
  } finally {
    session.end();
  }
}
