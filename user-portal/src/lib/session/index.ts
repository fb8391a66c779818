/** The app's one sign-in, and the API as whoever is signed in. */

import { openApi, signedInApi, wanted } from "@/lib/api/client";
import { Session } from "./session";
import { vault } from "./vault";

export const anybody = openApi();
export const session = new Session(vault, (kept) => wanted(anybody.POST("/user/auth/refresh", { body: kept })));
export const api = signedInApi(session);
