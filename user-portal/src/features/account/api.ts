/** The user's own account over the API. */

import { wanted, type Schemas } from "@/lib/api/client";
import { anybody, api, session } from "@/lib/session";

export type Challenge = Schemas["SecondFactorChallenge"];
export type Profile = Schemas["UserProfile"];
export type SignedInPlace = Schemas["SessionShown"];

/** POST /user/auth/signup */
export async function signUp(body: Schemas["SignUp"]): Promise<void> {
  await session.begin(await wanted(anybody.POST("/user/auth/signup", { body })));
}

/** POST /user/auth/login: signed in, or what the account asks for besides the password. */
export async function logIn(body: Schemas["LogIn"]): Promise<Challenge | null> {
  const answer = await wanted(anybody.POST("/user/auth/login", { body }));
  if ("second_factor" in answer) return answer.second_factor;
  await session.begin(answer);
  return null;
}

/** POST /user/auth/login/second-factor */
export async function logInSecondFactor(body: CodeAnswer): Promise<void> {
  await session.begin(await wanted(anybody.POST("/user/auth/login/second-factor", { body })));
}

/** A code of an authenticator app, or one that was written down. */
export type CodeAnswer = Schemas["TotpAnswer"] | Schemas["RecoveryAnswer"];

/** POST /user/auth/password/forgot */
export const forgotPassword = (email: string) =>
  wanted(anybody.POST("/user/auth/password/forgot", { body: { email } }));

/** POST /user/auth/password/reset */
export const resetPassword = (body: Schemas["PasswordReset"]) =>
  wanted(anybody.POST("/user/auth/password/reset", { body }));

/** POST /user/auth/email/verify */
export const verifyEmail = (token: string) => wanted(anybody.POST("/user/auth/email/verify", { body: { token } }));

/** POST /user/auth/email/resend */
export const resendVerification = () => wanted(api.POST("/user/auth/email/resend"));

/** POST /user/auth/password: every other session ends. */
export const changePassword = (body: Schemas["PasswordChange"]) => wanted(api.POST("/user/auth/password", { body }));

/** GET /user/me */
export const me = () => wanted(api.GET("/user/me"));

/** GET /user/sessions */
export const places = async () => (await wanted(api.GET("/user/sessions"))).sessions;

/** DELETE /user/sessions/{id} */
export const endPlace = (id: string) => wanted(api.DELETE("/user/sessions/{id}", { params: { path: { id } } }));

/** DELETE /user/sessions: all but this one. */
export const endOtherPlaces = () => wanted(api.DELETE("/user/sessions"));

/** POST /user/auth/logout. This device forgets in any case: whoever logs out without a network is logged out, too. */
export async function logOut({ everywhere }: { everywhere: boolean }): Promise<void> {
  try {
    await wanted(api.POST("/user/auth/logout", { body: { everywhere } }));
  } finally {
    await session.forget();
  }
}

/** GET /user/me/export, as text for a file. */
export const exported = async () => JSON.stringify(await wanted(api.GET("/user/me/export")), null, 2);

/** POST /user/me/proof: what deleting an account with a second factor wants first. */
export async function prove(password: string): Promise<Challenge | null> {
  const answer = await wanted(api.POST("/user/me/proof", { body: { password } }));
  return "second_factor" in answer ? answer.second_factor : null;
}

/** POST /user/me/proof/second-factor */
export const proveSecondFactor = (body: CodeAnswer) => wanted(api.POST("/user/me/proof/second-factor", { body }));

/** DELETE /user/me: everything of it goes, on the server and here. */
export async function deleteAccount(password: string): Promise<void> {
  await wanted(api.DELETE("/user/me", { body: { password } }));
  await session.forget();
}
