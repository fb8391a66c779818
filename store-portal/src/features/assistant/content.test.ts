import { expect, test } from "vitest";
import type { Content } from "./api/assistants";
import { differences, fromForm, toForm } from "./content";

const closed = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
const content = {
  name: "Ivy",
  greeting: "Hello!",
  persona: "",
  instructions: "",
  language: "en",
  turn_profile: "normal",
  models: { stt: null, llm: "openai", llm_model: "gpt-5-nano", tts: null, voice: null, speaking_rate: 1.05 },
  tools: ["take_message"],
  own_tools: [
    {
      name: "check_order",
      description: "Look up an order.",
      url: "https://shop.example/orders",
      parameters: { type: "object", required: ["number"], properties: { number: { type: "string" } } },
      examples: ["Where is my order?", "Has it been sent?"],
      timeout_s: 4,
    },
  ],
  time_zone: "UTC",
  hours: { ...closed, monday: [{ opens: "09:00", closes: "18:00" }] },
  holidays: [
    { first: "2026-12-24", last: "2026-12-26", name: "Christmas", hours: [] },
    { first: "2026-12-31", last: null, name: "", hours: [{ opens: "09:00", closes: "12:00" }] },
  ],
  after_hours: "answer",
  max_minutes: null,
  open_to_users: true,
  open_to_callers: true,
  transfer_to: [{ name: "the workshop", number: "+14155550123", briefed: true }],
  fields: [
    { name: "party_size", description: "How many come.", type: "number", choices: [] },
    { name: "room", description: "Where they sit.", type: "choice", choices: ["inside", "in the garden"] },
  ],
} as Content;

test("A form that nobody touched changes nothing, also not what it does not show", () => {
  expect(fromForm(content, toForm(content))).toEqual(content);
});

test("What two versions say differently is told in words", () => {
  const now = {
    ...content,
    greeting: "Hi!",
    max_minutes: 5,
    open_to_users: false,
    hours: { ...content.hours, monday: [] },
  };
  expect(differences(content, content)).toEqual([]);
  expect(differences(content, now)).toEqual([
    { what: "Greeting", before: "Hello!", now: "Hi!" },
    {
      what: "Hours",
      before: expect.stringContaining("Monday: 09:00–18:00") as string,
      now: expect.stringContaining("Monday: nothing") as string,
    },
    { what: "Longest call, in minutes", before: "nothing", now: "5" },
    { what: "App users may call", before: "yes", now: "no" },
  ]);
});
