import type { Schema } from "@/lib/api/client";

type Conversation = Schema<"ConversationShown">;

export const CHANNELS: Record<string, string> = {
  phone: "Phone",
  webrtc: "App or web",
  websocket: "Websocket",
};

export const OUTCOMES: Record<string, string> = {
  answered: "Answered",
  unanswered: "Unanswered",
  nothing_said: "Nothing said",
  erased: "Erased",
};

const END_REASONS: Record<string, string> = {
  caller_left: "The caller hung up",
  said_goodbye: "The assistant said goodbye",
  transferred: "Handed over",
  idle: "Nobody spoke any more",
  time_limit: "It lasted as long as it may",
  store_minutes_used: "The day's minutes were used up",
  closed: "Outside opening hours",
  connection_lost: "The connection was lost",
  shutting_down: "The server was stopped",
};

/** A name of the server's, in words. Names that are newer than this portal are shown as they are. */
export function worded(names: Record<string, string>, name: string): string {
  return names[name] ?? name.replaceAll("_", " ");
}

export const endReason = (name: string) => worded(END_REASONS, name);

/** Who was at the other end, as far as it is known. */
export function callerOf({ caller_number, user_id, assistant_version }: Conversation): string {
  if (caller_number) return caller_number;
  if (user_id) return `App user ${user_id.slice(0, 4)}`;
  return assistant_version === null ? "You, trying a draft" : "A guest";
}

/** Null while it is live. */
export function secondsOf({ started_at, ended_at }: Conversation): number | null {
  return ended_at === null ? null : (Date.parse(ended_at) - Date.parse(started_at)) / 1000;
}
