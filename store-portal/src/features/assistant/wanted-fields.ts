import * as z from "zod";
import type { Schema } from "@/lib/api/client";
import { linesOf } from "@/lib/lines";

type WantedField = Schema<"FieldWanted">;

export const MAX_FIELDS = 12;

export const TYPES: { value: WantedField["type"]; label: string }[] = [
  { value: "text", label: "Words" },
  { value: "number", label: "A number" },
  { value: "yes_no", label: "Yes or no" },
  { value: "choice", label: "One of several" },
];

/** One thing to find out in each call, as a form has it: choices one a line. */
export const wantedField = z
  .object({
    name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "Small letters, digits and underscores: party_size."),
    description: z.string().trim().min(1, "What is meant by it?").max(200, "At most 200 characters."),
    type: z.enum(["text", "number", "yes_no", "choice"]),
    choices: z.string(),
  })
  .refine(({ type, choices }) => type !== "choice" || linesOf(choices).length > 0, {
    path: ["choices"],
    error: "Of which? One a line.",
  });

export type WantedFieldForm = z.infer<typeof wantedField>;

export const fieldToForm = ({ choices, ...same }: WantedField): WantedFieldForm => ({
  ...same,
  choices: choices.join("\n"),
});

export const fieldFromForm = ({ choices, ...same }: WantedFieldForm): WantedField => ({
  ...same,
  choices: same.type === "choice" ? linesOf(choices) : [],
});
