import { expect, test } from "vitest";
import { formatCost } from "./cost";

test("Fractions of a cent are told, and nothing before the network has told them", () => {
  expect(formatCost({ cost: "0.00850", currency: "USD" })).toBe("$0.0085");
  expect(formatCost({ cost: "1.2", currency: "USD" })).toBe("$1.20");
  expect(formatCost({ cost: null, currency: null })).toBeNull();
});
