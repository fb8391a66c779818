import type { Schemas } from "@/lib/api/client";

/** Tokens as the API gives them; the access token is good for ten minutes from `now`. */
export function tokens(number: number, now = Date.now()): Schemas["Tokens"] {
  const claims = btoa(JSON.stringify({ exp: Math.floor(now / 1000) + 600 }));
  return { access_token: `head.${claims}.${number}`, refresh_token: `refresh-${number}`, session_id: "session" };
}
