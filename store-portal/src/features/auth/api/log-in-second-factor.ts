import { useMutation } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";
import { session } from "@/lib/api/session";

/** Begin the session for which the password was not enough. */
export async function logInSecondFactor(body: Schema<"SecondFactorAnswer">) {
  const { access_token } = await wanted(api.POST("/store/auth/login/second-factor", { body }));
  session.begin(access_token);
}

export const useLogInSecondFactor = () => useMutation({ mutationFn: logInSecondFactor });
