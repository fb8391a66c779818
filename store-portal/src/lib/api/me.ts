import { queryOptions } from "@tanstack/react-query";
import { api, wanted } from "./client";

// A session that was revoked elsewhere is noticed by the next request; this one comes without anybody's doing.
const HEARTBEAT_MS = 10_000;

/** The store that is signed in. */
export const me = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => wanted(api.GET("/store/me", { signal })),
  refetchInterval: HEARTBEAT_MS,
});
