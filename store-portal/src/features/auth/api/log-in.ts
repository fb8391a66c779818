import { useMutation } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted } from "@/lib/api/client";
import { session } from "@/lib/api/session";

export const logInForm = z.object({
  email: z.email("An e-mail address, like ann@store.example."),
  password: z.string().min(1, "The password of your account."),
});

/** Begin a session, unless a second factor is wanted: then its challenge is returned. */
export async function logIn(body: z.infer<typeof logInForm>) {
  const answer = await wanted(api.POST("/store/auth/login", { body }));
  if ("second_factor" in answer) return answer.second_factor;
  session.begin(answer.access_token);
  return null;
}

export const useLogIn = () => useMutation({ mutationFn: logIn });
