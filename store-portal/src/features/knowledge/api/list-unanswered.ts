import { queryOptions } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

const AT_MOST = 20;

/** What callers asked and no entry answered, the latest first. */
export const listUnanswered = queryOptions({
  queryKey: ["unanswered"],
  queryFn: ({ signal }) =>
    wanted(api.GET("/store/knowledge/unanswered", { params: { query: { limit: AT_MOST } }, signal })),
});
