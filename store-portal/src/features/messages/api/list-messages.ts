import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Message = Schema<"MessageShown">;
export type Status = "open" | "done";

const PAGE = 50;

/** The inbox, newest first, a page at a time. */
export const listMessages = (status: Status) =>
  infiniteQueryOptions({
    queryKey: ["messages", status],
    queryFn: ({ pageParam, signal }) =>
      wanted(
        api.GET("/store/messages", {
          params: { query: { status, limit: PAGE, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_before,
    refetchInterval: 15_000,
  });
