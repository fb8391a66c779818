import { queryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type ModelsOffered = Schema<"ModelsOffered">;

/** From what an assistant's models can be chosen; it changes with the server's settings only. */
export const offeredModels = () =>
  queryOptions({
    queryKey: ["models"],
    queryFn: ({ signal }) => wanted(api.GET("/store/models", { signal })),
    staleTime: Infinity,
  });
