import { useMutation } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted } from "@/lib/api/client";

export const forgotForm = z.object({ email: z.email("An e-mail address, like ann@store.example.") });

/** Have a link mailed; the answer tells nobody whether there is an account. */
export const forgotPassword = (body: z.infer<typeof forgotForm>) =>
  wanted(api.POST("/store/auth/password/forgot", { body }));

export const useForgotPassword = () => useMutation({ mutationFn: forgotPassword });
