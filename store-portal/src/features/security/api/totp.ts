import { api, wanted } from "@/lib/api/client";

/** Make the secret of an authenticator app; it counts once a code of it is confirmed. Needs a fresh proof. */
export const enrolTotp = () => wanted(api.POST("/store/me/totp"));

/** Confirm with a code. Returns recovery codes if it is the first second factor. */
export const confirmTotp = (code: string) => wanted(api.POST("/store/me/totp/confirm", { body: { code } }));

/** Needs a fresh proof. */
export const removeTotp = () => wanted(api.DELETE("/store/me/totp"));
