import { useMutation } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted } from "@/lib/api/client";
import { session } from "@/lib/api/session";
import { newPassword } from "@/lib/new-password";

export const signUpForm = z.object({
  name: z.string().trim().min(1, "What callers know the store by.").max(80, "At most 80 characters."),
  email: z.email("An e-mail address, like ann@store.example."),
  password: newPassword,
});

/** Make an account, and begin its first session. */
export async function signUp(body: z.infer<typeof signUpForm>) {
  const { access_token } = await wanted(api.POST("/store/auth/signup", { body }));
  session.begin(access_token);
}

export const useSignUp = () => useMutation({ mutationFn: signUp });
