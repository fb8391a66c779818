import type { Schema } from "@/lib/api/client";

type Price = Schema<"PriceForm">;

/** "$29.50" in the reader's way. */
export function formatPrice({ cents, currency }: Price): string {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(cents / 100);
}

/** What is typed for an amount, as the API takes it; null when it is none. */
export function parseCents(typed: string): number | null {
  const found = /^(\d{1,7})(?:[.,](\d{1,2}))?$/.exec(typed.trim());
  if (!found) return null;
  const [, whole, hundredths = ""] = found;
  return Number(whole) * 100 + Number(hundredths.padEnd(2, "0"));
}
