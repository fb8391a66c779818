import { useMutation } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";
import { session } from "@/lib/api/session";
import { askPasskey } from "@/lib/passkeys";

/** Begin a session with a passkey alone. Returns whether the person went through with it. */
export async function logInPasskey(): Promise<boolean> {
  const { public_key } = await wanted(api.POST("/store/auth/passkey/options", { body: {} as never }));
  const credential = await askPasskey<Schema<"Assertion">>(public_key);
  if (!credential) return false;
  const { access_token } = await wanted(api.POST("/store/auth/passkey/login", { body: { credential } }));
  session.begin(access_token);
  return true;
}

export const useLogInPasskey = () => useMutation({ mutationFn: logInPasskey });
