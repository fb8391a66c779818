import { queryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Limits = Schema<"LimitsShown">;

/** How much the store may call, and has called. */
export const showLimits = () =>
  queryOptions({
    queryKey: ["phone", "limits"],
    queryFn: ({ signal }) => wanted(api.GET("/store/phone/limits", { signal })),
  });
