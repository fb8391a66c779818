import { queryOptions } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type ConversationWithTurns = Schema<"ConversationWithTurns">;
export type Turn = Schema<"TurnShown">;

const LIVE_MS = 3_000;

/** One conversation, word for word; while it is live it is asked for again. */
export const showConversation = (id: string) =>
  queryOptions({
    queryKey: ["conversation", id],
    queryFn: ({ signal }) => wanted(api.GET("/store/conversations/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.ended_at === null ? LIVE_MS : false),
  });
