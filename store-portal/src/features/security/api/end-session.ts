import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** End one session: whoever uses it is out at once. */
export const endSession = (id: string) => wanted(api.DELETE("/store/sessions/{id}", { params: { path: { id } } }));

export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: endSession,
    onSettled: () => queries.invalidateQueries({ queryKey: ["sessions"] }),
  });
}
