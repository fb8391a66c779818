/** Passkeys as JSON, both ways: https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON */

/** Whether this browser, on this origin, has passkeys at all. */
export const hasPasskeys =
  "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in (window.PublicKeyCredential as object);

/** Have the browser make a passkey. Returns null when the person changed their mind. */
export function makePasskey<Made>(options: object): Promise<Made | null> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return asJson<Made>(navigator.credentials.create({ publicKey }));
}

/** Have the browser use a passkey. Returns null when the person changed their mind. */
export function askPasskey<Made>(options: object): Promise<Made | null> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return asJson<Made>(navigator.credentials.get({ publicKey }));
}

async function asJson<Made>(asked: Promise<Credential | null>): Promise<Made | null> {
  try {
    const credential = await asked;
    return credential instanceof PublicKeyCredential ? (credential.toJSON() as Made) : null;
  } catch (thrown) {
    // Dismissed, or timed out: browsers do not tell which. https://www.w3.org/TR/webauthn-3/#sctn-privacy-considerations-client
    if (thrown instanceof DOMException && thrown.name === "NotAllowedError") return null;
    throw thrown;
  }
}
