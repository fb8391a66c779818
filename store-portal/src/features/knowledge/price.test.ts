import { expect, test } from "vitest";
import { parseCents } from "./price";

test.each([
  ["29", 2900],
  ["29.5", 2950],
  ["29,05", 2905],
  ["0.29", 29],
  ["free", null],
  ["1.234", null],
  ["", null],
])("%j is %j hundredths", (typed, cents) => {
  expect(parseCents(typed)).toBe(cents);
});
