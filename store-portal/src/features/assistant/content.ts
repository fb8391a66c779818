import * as z from "zod";
import type { Content, DayName } from "./api/assistants";
import { ownTool, toolFromForm, toolToForm } from "./own-tools";
import { fieldFromForm, fieldToForm, wantedField } from "./wanted-fields";

export const DAYS: { day: DayName; label: string }[] = [
  { day: "monday", label: "Monday" },
  { day: "tuesday", label: "Tuesday" },
  { day: "wednesday", label: "Wednesday" },
  { day: "thursday", label: "Thursday" },
  { day: "friday", label: "Friday" },
  { day: "saturday", label: "Saturday" },
  { day: "sunday", label: "Sunday" },
];

const spans = z.array(z.object({ opens: z.string().min(1), closes: z.string().min(1) }));
const holiday = z
  .object({ first: z.string().min(1, "Which day?"), last: z.string(), name: z.string().max(80), hours: spans })
  .refine(({ first, last }) => last === "" || last >= first, { path: ["last"], error: "It ends before it begins." });

/** What a form can hold of an assistant, with the server's limits; the server has the last word. */
export const form = z.object({
  name: z.string().trim().min(1, "What do callers call it?").max(80),
  greeting: z.string().trim().min(1, "It has to say something.").max(300, "At most 300 characters."),
  persona: z.string().max(500, "At most 500 characters."),
  instructions: z.string().max(4000, "At most 4,000 characters."),
  turn_profile: z.enum(["patient", "normal", "snappy"]),
  after_hours: z.enum(["answer", "take_message", "end"]),
  time_zone: z.string().min(1),
  open_to_users: z.boolean(),
  open_to_callers: z.boolean(),
  max_minutes: z.string().regex(/^(\d{1,3})?$/, "Whole minutes, or empty."),
  speaking_rate: z.string(),
  tools: z.array(z.enum(["lookup_knowledge", "opening_hours", "take_message", "transfer_call", "end_conversation"])),
  hours: z.record(z.string(), spans),
  holidays: z.array(holiday),
  transfer_to: z.array(
    z.object({
      name: z.string().trim().min(1, "They need a name.").max(80),
      number: z
        .string()
        .trim()
        .regex(/^\+[1-9][0-9]{6,14}$/, "In full, with the country and without spaces: +14155550123."),
      briefed: z.boolean(),
    }),
  ),
  fields: z.array(wantedField),
  own_tools: z.array(ownTool),
  models: z.object({ stt: z.string(), llm: z.string(), llm_model: z.string(), tts: z.string(), voice: z.string() }),
});

export type Form = z.infer<typeof form>;

/** An assistant as the form shows it. */
export function toForm(content: Content): Form {
  const { name, greeting, persona, instructions, turn_profile, after_hours, time_zone } = content;
  const { open_to_users, open_to_callers, tools, hours, holidays, transfer_to, max_minutes } = content;
  const { speaking_rate, ...models } = content.models;
  return {
    ...{ name, greeting, persona, instructions, turn_profile, after_hours, time_zone, open_to_users, open_to_callers },
    tools,
    hours: { ...hours },
    holidays: holidays.map((holiday) => ({ ...holiday, last: holiday.last ?? "" })),
    transfer_to,
    fields: content.fields.map(fieldToForm),
    own_tools: content.own_tools.map(toolToForm),
    max_minutes: max_minutes === null ? "" : String(max_minutes),
    models: mapped(models, (name) => name ?? ""),
    speaking_rate: String(speaking_rate),
  };
}

/** The assistant with what the form says; what the form does not show, such as the language, stays as it is. */
export function fromForm(content: Content, values: Form): Content {
  const { speaking_rate, max_minutes, hours, holidays, fields, own_tools, models, ...same } = values;
  return {
    ...content,
    ...same,
    max_minutes: max_minutes === "" ? null : Number(max_minutes),
    models: { ...mapped(models, (name) => name || null), speaking_rate: Number(speaking_rate) },
    hours: { ...content.hours, ...hours },
    holidays: holidays.map((holiday) => ({ ...holiday, last: holiday.last || null })),
    fields: fields.map(fieldFromForm),
    own_tools: own_tools.map(toolFromForm),
  };
}

function mapped<Name extends string, From, To>(record: Record<Name, From>, change: (value: From) => To) {
  return Object.fromEntries(Object.entries<From>(record).map(([name, value]) => [name, change(value)])) as Record<
    Name,
    To
  >;
}

/** One thing that two versions say differently, in words for people. */
export interface Difference {
  what: string;
  before: string;
  now: string;
}

const LABELS: Partial<Record<keyof Content, string>> = {
  turn_profile: "Patience",
  after_hours: "After hours",
  time_zone: "Time zone",
  open_to_users: "App users may call",
  open_to_callers: "Callers without an account may call",
  max_minutes: "Longest call, in minutes",
  fields: "What to note of each call",
  own_tools: "Tools of your own",
  transfer_to: "Where calls are handed over",
};

/** What `now` says differently from `before`, in the order of the fields. */
export function differences(before: Content, now: Content): Difference[] {
  return (Object.keys(now) as (keyof Content)[]).flatMap((key) => {
    const [old, fresh] = [before[key], now[key]].map(inWords) as [string, string];
    return old === fresh ? [] : [{ what: LABELS[key] ?? sentence(key), before: old, now: fresh }];
  });
}

function sentence(key: string): string {
  const words = key.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function inWords(value: unknown): string {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(inWords).join(", ");
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (typeof value !== "object") return "";
  if ("opens" in value && "closes" in value) return `${inWords(value.opens)}–${inWords(value.closes)}`;
  return Object.entries(value)
    .filter(([, part]) => part !== null)
    .map(([key, part]) => `${sentence(key)}: ${inWords(part)}`)
    .join("; ");
}
