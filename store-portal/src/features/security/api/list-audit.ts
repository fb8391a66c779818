import { infiniteQueryOptions } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

const PAGE = 20;

/** What happened to the account, newest first. */
export const listAudit = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam, signal }) =>
    wanted(
      api.GET("/store/audit", { params: { query: { limit: PAGE, ...(pageParam && { before: pageParam }) } }, signal }),
    ),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_before,
});
