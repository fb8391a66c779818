import { expect, test } from "vitest";
import type { Turn } from "./api/get-turns";
import type { LiveConversation } from "./api/live-events";
import { after, withTurns } from "./live-state";

const conversation = { id: "a", channel: "phone", started_at: "2026-05-04T10:00:00Z" } as LiveConversation;
const turn = (position: number, speaker: Turn["speaker"], text: string) => ({ position, speaker, text }) as Turn;
const begun = after(null, { type: "conversations", conversations: [conversation] });

test("Words show while they are spoken, and the turn on record takes their place", () => {
  let live = after(begun, { type: "caller", conversation_id: "a", text: "How much", final: false });
  live = after(live, { type: "caller", conversation_id: "a", text: "How much is the fern?", final: true });
  expect(live?.get("a")).toMatchObject({ caller: "How much is the fern?", turns: [] });

  live = after(live, { type: "assistant", conversation_id: "a", text: "The fern" });
  live = after(live, { type: "assistant", conversation_id: "a", text: "is $7." });
  live = after(live, { type: "turn", conversation_id: "a", turn: turn(0, "caller", "How much is the fern?") });
  expect(live?.get("a")).toMatchObject({ caller: "", assistant: "The fern is $7." });
  expect(live?.get("a")?.turns).toHaveLength(1);
});

test("What the record adds later is put in order, and nothing shows twice", () => {
  let live = after(begun, { type: "turn", conversation_id: "a", turn: turn(2, "caller", "And basil?") });
  live = withTurns(live, "a", [
    turn(1, "assistant", "It is $7."),
    turn(2, "caller", "And basil?"),
    turn(0, "caller", "Fern?"),
  ]);
  expect(live?.get("a")?.turns.map(({ position }) => position)).toEqual([0, 1, 2]);
});

test("A conversation that has left the list is gone, and one that stays keeps its words", () => {
  const other = { ...conversation, id: "b" };
  let live = after(begun, { type: "caller", conversation_id: "a", text: "Hello", final: false });
  live = after(live, { type: "conversations", conversations: [conversation, other] });
  expect(live?.get("a")?.caller).toBe("Hello");
  live = after(live, { type: "conversations", conversations: [other] });
  expect([...(live?.keys() ?? [])]).toEqual(["b"]);
  expect(after(live, { type: "caller", conversation_id: "a", text: "late", final: true })).toBe(live);
});
