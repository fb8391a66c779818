import { queryOptions } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Where one is signed in, the hundred that were used last. */
export const listSessions = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => wanted(api.GET("/store/sessions", { signal })),
  refetchInterval: 30_000,
});
