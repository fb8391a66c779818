import { useMutation } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted, type Schema } from "@/lib/api/client";
import { newPassword } from "@/lib/new-password";

export const resetForm = z.object({ new_password: newPassword });

/** Set a new password by a mailed link. It ends every session. */
export const resetPassword = (body: Schema<"PasswordReset">) =>
  wanted(api.POST("/store/auth/password/reset", { body }));

export const useResetPassword = () => useMutation({ mutationFn: resetPassword });
