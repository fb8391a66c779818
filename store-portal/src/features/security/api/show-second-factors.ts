import { queryOptions } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** What is set up besides the password. */
export const showSecondFactors = queryOptions({
  queryKey: ["second-factors"],
  queryFn: ({ signal }) => wanted(api.GET("/store/me/second-factors", { signal })),
});
