import { readEvents } from "@/lib/api/events";
import type { Schema } from "@/lib/api/client";

export type LiveEvent = Schema<"LiveEvent">;
export type LiveConversation = Schema<"LiveConversation">;

/** What happens in the store's conversations, as it happens. Throws ApiError. */
export const liveEvents = (signal: AbortSignal) =>
  readEvents("/store/live/events", signal) as AsyncGenerator<LiveEvent>;
