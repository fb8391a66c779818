import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

export const deleteEntry = (id: string) =>
  wanted(api.DELETE("/store/knowledge/entries/{id}", { params: { path: { id } } }));

export function useDeleteEntry() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: deleteEntry,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["entries", "list"] }),
  });
}
