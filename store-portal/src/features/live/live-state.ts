import type { Turn } from "./api/get-turns";
import type { LiveConversation, LiveEvent } from "./api/live-events";

/** What is known of one conversation: its turns on record, and the words since then of who speaks. */
export interface Talk {
  conversation: LiveConversation;
  turns: Turn[];
  caller: string;
  assistant: string;
  latency: Record<string, number | null> | null;
}

/** By id, the longest first; null until the first list has come. */
export type Live = Map<string, Talk> | null;

/** The state after an event of the stream. */
export function after(live: Live, event: LiveEvent): Live {
  switch (event.type) {
    case "conversations":
      return listed(live, event.conversations);
    case "caller":
      return changed(live, event.conversation_id, () => ({ caller: event.text }));
    case "assistant":
      return changed(live, event.conversation_id, ({ assistant }) => ({
        assistant: `${assistant} ${event.text}`.trim(),
      }));
    case "latency":
      return changed(live, event.conversation_id, () => ({ latency: event.latency_ms }));
    case "turn":
      return withTurns(live, event.conversation_id, [event.turn]);
    default:
      // The list follows.
      return live;
  }
}

/** The state with turns from the record. Those that came over the stream meanwhile stay; each takes the place of its words. */
export function withTurns(live: Live, id: string, turns: Turn[]): Live {
  return changed(live, id, (talk) => {
    const known = new Map([...talk.turns, ...turns].map((turn) => [turn.position, turn]));
    const spoken = (speaker: Turn["speaker"]) => turns.some((turn) => turn.speaker === speaker);
    return {
      turns: [...known.values()].sort((one, other) => one.position - other.position),
      ...(spoken("caller") && { caller: "" }),
      ...(spoken("assistant") && { assistant: "" }),
    };
  });
}

function listed(live: Live, conversations: LiveConversation[]): Live {
  const fresh = { turns: [], caller: "", assistant: "", latency: null };
  return new Map(
    conversations.map((conversation) => [conversation.id, { ...fresh, ...live?.get(conversation.id), conversation }]),
  );
}

function changed(live: Live, id: string, change: (talk: Talk) => Partial<Talk>): Live {
  const talk = live?.get(id);
  return live && talk ? new Map(live).set(id, { ...talk, ...change(talk) }) : live;
}
