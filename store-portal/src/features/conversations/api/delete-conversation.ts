import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Delete a conversation that is over, with its recording, for good. */
export const deleteConversation = (id: string) =>
  wanted(api.DELETE("/store/conversations/{id}", { params: { path: { id } } }));

export function useDeleteConversation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: deleteConversation,
    onSuccess: () => queries.resetQueries({ queryKey: ["conversations"] }),
  });
}
