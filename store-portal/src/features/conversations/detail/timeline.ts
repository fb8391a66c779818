import type { ConversationWithTurns, Turn } from "../api/show-conversation";

export type ToolCall = ConversationWithTurns["tool_calls"][number];

export type Happening = { kind: "turn"; turn: Turn } | { kind: "call"; call: ToolCall };

/** What was said and what was done in between, as it happened. Turns keep their order on record. */
export function timelineOf({ turns, tool_calls: calls }: Pick<ConversationWithTurns, "turns" | "tool_calls">) {
  const waiting = calls.toSorted((one, other) => Date.parse(one.started_at) - Date.parse(other.started_at));
  const happened: Happening[] = [];
  for (const turn of turns) {
    while (waiting[0] && Date.parse(waiting[0].started_at) < Date.parse(turn.started_at)) {
      happened.push({ kind: "call", call: waiting[0] });
      waiting.shift();
    }
    happened.push({ kind: "turn", turn });
  }
  return [...happened, ...waiting.map((call): Happening => ({ kind: "call", call }))];
}
