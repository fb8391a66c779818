import { queryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Assistant = Schema<"AssistantShown">;

/** Who can answer. */
export const listAssistants = () =>
  queryOptions({
    queryKey: ["assistants"],
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/assistants", { signal }))).assistants,
  });
