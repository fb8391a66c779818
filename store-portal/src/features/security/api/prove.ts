import { useMutation } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

/** Prove with the password that it is still oneself. Returns the challenge of a second factor if one is wanted, too. */
export async function prove(password: string) {
  const answer = await wanted(api.POST("/store/me/proof", { body: { password } }));
  return "second_factor" in answer ? answer.second_factor : null;
}

export const proveSecondFactor = (body: Schema<"SecondFactorAnswer">) =>
  wanted(api.POST("/store/me/proof/second-factor", { body }));

export const useProve = () => useMutation({ mutationFn: prove });
export const useProveSecondFactor = () => useMutation({ mutationFn: proveSecondFactor });
