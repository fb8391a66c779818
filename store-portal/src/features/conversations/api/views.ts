import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";
import { queryOf, type Filters } from "../filters";

export type View = Schema<"ViewShown">;

const KEY = ["conversation-views"];

/** Filters that the store has saved, by name. */
export const listViews = () =>
  queryOptions({
    queryKey: KEY,
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/conversation-views", { signal }))).views,
  });

/** What a view shows, as it stands in the address. */
export const filtersOf = ({ filter }: View): Filters => queryOf(filter);

export function useSaveView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, chosen }: { name: string; chosen: Filters }) => {
      const { q = null, channel = null, outcome = null, from = null, to = null } = chosen;
      const filter = { q, channel, outcome, from, to };
      return wanted(api.POST("/store/conversation-views", { body: { name, filter } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => wanted(api.DELETE("/store/conversation-views/{id}", { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
