import { when } from "@/lib/time";
import type { ConversationWithTurns } from "./api";

/** A conversation as plain text, to send to somebody. */
export function transcriptOf({ store_name: store, started_at, turns }: ConversationWithTurns): string {
  const lines = turns.map(({ speaker, text, interrupted }) => {
    const who = speaker === "caller" ? "You" : store;
    return `${who}: ${text}${interrupted ? " –" : ""}`;
  });
  return [`${store}, ${when(started_at)}`, "", ...lines].join("\n");
}
