import { queryOptions, useMutation } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type ToolTried = Schema<"ToolTried">;

/** The saved draft's own tools, with the secrets that check their requests' signatures. */
export const listOwnTools = (id: string, revision: number) =>
  queryOptions({
    queryKey: ["assistants", id, "tools", revision],
    queryFn: async ({ signal }) =>
      (await wanted(api.GET("/store/assistants/{id}/tools", { params: { path: { id } }, signal }))).tools,
  });

/** Have a tool of the saved draft called once, as in a conversation. */
export const useTryTool = (id: string) =>
  useMutation({
    mutationFn: (body: ToolTried) =>
      wanted(api.POST("/store/assistants/{id}/tools/call", { params: { path: { id } }, body })),
  });
