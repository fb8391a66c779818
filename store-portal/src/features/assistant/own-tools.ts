import * as z from "zod";
import type { Schema } from "@/lib/api/client";
import { linesOf } from "@/lib/lines";

type OwnTool = Schema<"OwnTool">;

export const MAX_TOOLS = 8;
const NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** One of the store's own tools as a form has it: the schema as text, examples one a line. */
export const ownTool = z.object({
  name: z.string().regex(NAME, "Small letters, digits and underscores: check_order."),
  description: z.string().trim().min(1, "When is it for?").max(200, "At most 200 characters."),
  url: z.string().trim().min(1, "Where is it asked?"),
  parameters: z.string().refine((text) => objectOf(text) !== null, "This is no JSON object."),
  examples: z.string(),
  timeout_s: z.string(),
});

export type OwnToolForm = z.infer<typeof ownTool>;

/** What a new tool begins with: something to write over. */
export const FRESH_TOOL: OwnToolForm = {
  name: "",
  description: "",
  url: "",
  parameters: written({
    type: "object",
    required: ["order_number"],
    properties: { order_number: { type: "string", description: "the number of the order" } },
  }),
  examples: "",
  timeout_s: "5",
};

export const toolToForm = ({ parameters = {}, examples, timeout_s, ...same }: OwnTool): OwnToolForm => ({
  ...same,
  parameters: written(parameters),
  examples: examples.join("\n"),
  timeout_s: String(timeout_s),
});

export const toolFromForm = ({ parameters, examples, timeout_s, ...same }: OwnToolForm): OwnTool => ({
  ...same,
  parameters: objectOf(parameters) ?? {},
  examples: linesOf(examples),
  timeout_s: Number(timeout_s),
});

/** The JSON object in a text, or null. */
export function objectOf(text: string): NonNullable<OwnTool["parameters"]> | null {
  try {
    const read: unknown = JSON.parse(text);
    const isObject = typeof read === "object" && read !== null && !Array.isArray(read);
    return isObject ? (read as NonNullable<OwnTool["parameters"]>) : null;
  } catch {
    return null;
  }
}

function written(value: object): string {
  return JSON.stringify(value, null, 2);
}
