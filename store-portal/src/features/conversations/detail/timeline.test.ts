import { expect, test } from "vitest";
import type { Turn } from "../api/show-conversation";
import { timelineOf, type ToolCall } from "./timeline";

const turn = (position: number, second: number) =>
  ({ position, started_at: `2026-05-04T10:00:0${second}Z` }) as unknown as Turn;
const call = (name: string, second: number) => ({ name, started_at: `2026-05-04T10:00:0${second}Z` }) as ToolCall;

test("What a tool did stands between what was said before and after it", () => {
  const calls = [call("last", 9), call("first", 2)];
  const told = timelineOf({ turns: [turn(0, 1), turn(1, 3), turn(2, 2)], tool_calls: calls });
  expect(told.map((each) => (each.kind === "turn" ? each.turn.position : each.call.name))).toEqual([
    0,
    "first",
    1,
    2,
    "last",
  ]);
});
