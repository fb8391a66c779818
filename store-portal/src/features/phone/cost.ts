import type { Call } from "./api/calls";

/** "$0.0085": networks bill fractions of a cent. Null while it is not known. */
export function formatCost({ cost, currency }: Pick<Call, "cost" | "currency">): string | null {
  if (cost === null || currency === null) return null;
  return new Intl.NumberFormat(undefined, { style: "currency", currency, maximumFractionDigits: 4 }).format(
    Number(cost),
  );
}
