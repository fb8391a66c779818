import { queryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Overview = Schema<"Overview">;
export type Day = Schema<"DayShown">;

/** How the line does, today and over 30 days. */
export const getOverview = () =>
  queryOptions({
    queryKey: ["overview"],
    queryFn: ({ signal }) => wanted(api.GET("/store/overview", { signal })),
    refetchInterval: 30_000,
  });
