import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Entry = Schema<"EntryShown">;

const PAGE = 100;

/** What the store knows, in the order of titles, a page at a time; `sought` is searched for by the server. */
export const listEntries = (sought: string) =>
  infiniteQueryOptions({
    queryKey: ["entries", "list", sought],
    queryFn: ({ pageParam, signal }) =>
      wanted(
        api.GET("/store/knowledge/entries", {
          params: { query: { q: sought, after: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_after,
  });
