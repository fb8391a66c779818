import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Say whether somebody has taken care of a message. */
export const markMessage = ({ id, done }: { id: string; done: boolean }) =>
  wanted(api.PATCH("/store/messages/{id}", { params: { path: { id } }, body: { done } }));

export function useMarkMessage() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: markMessage,
    onSettled: () => queries.invalidateQueries({ queryKey: ["messages"] }),
  });
}
