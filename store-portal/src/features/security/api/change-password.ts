import { useMutation, useQueryClient } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted } from "@/lib/api/client";
import { newPassword } from "@/lib/new-password";

export const passwordForm = z.object({
  current_password: z.string().min(1, "The one that counts until now."),
  new_password: newPassword,
});

/** Set a new password; all other sessions end. */
export const changePassword = (body: z.infer<typeof passwordForm>) =>
  wanted(api.POST("/store/auth/password", { body }));

export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: changePassword,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
}
