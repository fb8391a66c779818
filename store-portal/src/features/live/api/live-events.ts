import { readEvents } from "@/lib/api/events";
import type { Schema } from "@/lib/api/client";

// The server lists what goes on every 15 to 19 s.
const SILENCE_MS = 25_000;

export type LiveEvent = Schema<"LiveEvent">;
export type LiveConversation = Schema<"LiveConversation">;

/** What happens in the store's conversations, as it happens. Throws ApiError. */
export const liveEvents = (signal: AbortSignal) =>
  readEvents("/store/live/events", signal, SILENCE_MS) as AsyncGenerator<LiveEvent>;
