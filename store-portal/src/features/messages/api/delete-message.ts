import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Delete a message for good. */
export const deleteMessage = (id: string) => wanted(api.DELETE("/store/messages/{id}", { params: { path: { id } } }));

export function useDeleteMessage() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: deleteMessage,
    onSettled: () => queries.invalidateQueries({ queryKey: ["messages"] }),
  });
}
