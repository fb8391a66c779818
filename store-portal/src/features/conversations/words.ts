import type { Schema } from "@/lib/api/client";

type Conversation = Schema<"ConversationShown">;

export const OUTCOMES: Record<string, string> = {
  answered: "Answered",
  unanswered: "Unanswered",
  nothing_said: "Nothing said",
  erased: "Erased",
};

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
