import { api, wanted } from "@/lib/api/client";

/** Make new recovery codes; the old ones are worth nothing from then on. Needs a fresh proof. */
export const renewRecoveryCodes = () => wanted(api.POST("/store/me/recovery-codes"));
