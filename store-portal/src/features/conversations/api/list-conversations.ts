import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";
import { queryOf, type Filters } from "../filters";

export type Conversation = Schema<"ConversationShown">;

// What the server gives at most.
const PAGE = 100;
const NEWS_MS = 15_000;

/**
 * The store's conversations, newest first, a page at a time; the server searches and filters. The first page keeps up by
 * itself; a longer list is read again only when asked for, since that asks for each of its pages.
 */
export const listConversations = (chosen: Filters) =>
  infiniteQueryOptions({
    queryKey: ["conversations", chosen],
    queryFn: ({ pageParam, signal }) =>
      wanted(
        api.GET("/store/conversations", {
          params: { query: { ...queryOf(chosen), limit: PAGE, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_before,
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data?.pages.length === 1 ? NEWS_MS : false),
  });
