import { expect, test } from "vitest";
import { momentOf, wordsOf } from "./timing";

const BEGAN = "2026-05-04T10:00:00.000Z";
const turn = { started_at: "2026-05-04T10:00:02.500Z", ended_at: "2026-05-04T10:00:04.500Z" };

test("A turn is where the recording has it, or where the clock had it", () => {
  const typed = { ...turn, audio_start_ms: null, audio_end_ms: null };
  expect(momentOf(typed, BEGAN)).toEqual({ beginsS: 2.5, endsS: 4.5 });
  expect(momentOf({ ...turn, audio_start_ms: 2_600, audio_end_ms: 4_400 }, BEGAN)).toEqual({
    beginsS: 2.6,
    endsS: 4.4,
  });
});

test("A turn's words share its time by their length, without gaps", () => {
  expect(wordsOf("we are  open", { beginsS: 2, endsS: 11 })).toEqual([
    { text: "we", beginsS: 2, endsS: 4 },
    { text: "are", beginsS: 4, endsS: 7 },
    { text: "open", beginsS: 7, endsS: 11 },
  ]);
  expect(wordsOf("", { beginsS: 0, endsS: 1 })).toEqual([]);
});
