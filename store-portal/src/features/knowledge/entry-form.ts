import * as z from "zod";
import type { Schema } from "@/lib/api/client";
import type { Entry } from "./api/list-entries";
import { parseCents } from "./price";

const MOST_NAMES = 12;

/** An entry as it is typed; the amount and the other words are text. */
export const entryForm = z.object({
  title: z.string().trim().min(1, "What callers ask about.").max(120, "At most 120 characters."),
  body: z.string().max(2000, "At most 2,000 characters."),
  askedAs: z.string().refine((typed) => namesIn(typed).length <= MOST_NAMES, `At most ${MOST_NAMES} of them.`),
  amount: z.string().refine((typed) => typed.trim() === "" || parseCents(typed) !== null, "An amount, like 29.50."),
  currency: z.string().regex(/^[A-Z]{3}$/, "Three letters, like USD."),
});

export type Typed = z.infer<typeof entryForm>;

export function typedOf(entry: Entry | null, question = ""): Typed {
  return {
    title: entry?.title ?? "",
    body: entry?.body ?? "",
    askedAs: entry?.asked_as.join("\n") ?? question,
    amount: entry?.price ? (entry.price.cents / 100).toFixed(2) : "",
    currency: entry?.price?.currency ?? "USD",
  };
}

export function formOf({ title, body, askedAs, amount, currency }: Typed): Schema<"EntryForm"> {
  const cents = parseCents(amount);
  return { title, body, asked_as: namesIn(askedAs), price: cents === null ? null : { cents, currency } };
}

function namesIn(typed: string): string[] {
  return typed
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
