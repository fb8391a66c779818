import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type PhoneNumber = Schema<"NumberShown">;

export const listNumbers = () =>
  queryOptions({
    queryKey: ["phone", "numbers"],
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/phone/numbers", { signal }))).numbers,
  });

/** Let an assistant, by its slug, answer a number; null for the default one. */
export function useChooseAssistant(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (assistant: string | null) =>
      wanted(api.PATCH("/store/phone/numbers/{id}", { params: { path: { id } }, body: { assistant } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["phone", "numbers"] }),
  });
}
