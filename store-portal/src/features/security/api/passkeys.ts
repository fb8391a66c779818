import { api, wanted, type Schema } from "@/lib/api/client";
import { makePasskey } from "@/lib/passkeys";

/** What the browser is asked with, to make a passkey. Needs a fresh proof. */
export const passkeyOptions = () => wanted(api.POST("/store/me/passkey-options"));

/** Have the browser make a passkey and register it. Null when the person changed their mind. */
export async function addPasskey(name: string, options: Schema<"PasskeyRegistrationOptions">) {
  const credential = await makePasskey<Schema<"Attestation">>(options.public_key);
  return credential && wanted(api.POST("/store/me/passkeys", { body: { credential, name } }));
}

/** Needs a fresh proof. */
export const removePasskey = (id: string) =>
  wanted(api.DELETE("/store/me/passkeys/{id}", { params: { path: { id } } }));
