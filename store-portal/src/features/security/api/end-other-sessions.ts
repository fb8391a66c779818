import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** End every session but this one. */
export const endOtherSessions = () => wanted(api.DELETE("/store/sessions"));

export function useEndOtherSessions() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: endOtherSessions,
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
}
