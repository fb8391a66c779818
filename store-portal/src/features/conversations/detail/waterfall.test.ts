import { expect, test } from "vitest";
import { waterfall } from "./waterfall";

test("Stages follow each other as they were reached, and those that were not are left out", () => {
  expect(waterfall({ endpoint_ms: 306, transcript_ms: 302, first_token_ms: null, on_wire_ms: 339 })).toEqual([
    { label: "Transcript", beginsMs: 0, endsMs: 302 },
    { label: "End of turn decided", beginsMs: 302, endsMs: 306 },
    { label: "Sent to the caller", beginsMs: 306, endsMs: 339 },
  ]);
});
