import { useMutation } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Delete the account and all that belongs to it. With a second factor it needs a fresh proof as well. */
export const deleteAccount = (password: string) => wanted(api.DELETE("/store/me", { body: { password } }));

export const useDeleteAccount = () => useMutation({ mutationFn: deleteAccount });
