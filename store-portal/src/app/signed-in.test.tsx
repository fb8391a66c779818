import { fireEvent, screen, waitFor } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { beforeAll, expect, test } from "vitest";
import { openPortal, TOKEN } from "@/testing/portal";
import { server } from "@/testing/server";
import { answerAs, refusal } from "@/testing/store-api";
import { followSession } from "./leaving";

const at = (path: string) => `http://store.localhost/store/${path}`;
const closed = { monday: [], tuesday: [], wednesday: [], thursday: [], friday: [], saturday: [], sunday: [] };
const draft = {
  name: "Ivy",
  greeting: "Hello!",
  persona: "",
  instructions: "",
  language: "en",
  turn_profile: "normal",
  models: { stt: null, llm: null, llm_model: null, tts: null, voice: null, speaking_rate: 1 },
  tools: [],
  own_tools: [],
  time_zone: "UTC",
  hours: closed,
  holidays: [],
  after_hours: "answer",
  max_minutes: null,
  open_to_users: true,
  open_to_callers: true,
  transfer_to: [],
  fields: [],
};
const ivy = { id: "9d4b4a5e-6c7f-4a3b-8f2e-1a2b3c4d5e6f", slug: "ivy", default: true, revision: 3, draft };
const ivys = {
  "/store/assistants": { assistants: [{ ...ivy, live_version: 1, changed: false }] },
  [`/store/assistants/${ivy.id}/versions`]: { versions: [], next_before: null },
};
const saved = at(`assistants/${ivy.id}/draft`);

beforeAll(followSession);

function fill(control: HTMLElement | undefined, value: string): void {
  if (!control) throw new Error("there is no such control");
  fireEvent.change(control, { target: { value } });
}

function press(control: HTMLElement): void {
  fireEvent.click(control);
}

test("However many requests of a screen find the token expired, it is refreshed once, and nobody notices", async () => {
  answerAs();
  let refreshed = 0;
  server.use(
    http.get(at("*"), ({ request }) =>
      request.headers.get("Authorization") === "Bearer fresh" ? undefined : refusal(401, "token_expired"),
    ),
    http.post(at("auth/refresh"), () => {
      refreshed += 1;
      return HttpResponse.json({ access_token: "fresh" });
    }),
  );
  await openPortal("/developers");
  expect(await screen.findByText("No program has a key.")).toBeVisible();
  expect(await screen.findByText("None of your pages has a button.")).toBeVisible();
  expect(refreshed).toBe(1);
});

test("A session that ends in the middle of a form leads to the login and back, and what was typed is there", async () => {
  answerAs(ivys);
  await openPortal("/assistant");
  const greeting = await screen.findByLabelText("Greeting");
  fill(greeting, "Good day to you.");
  server.use(
    http.patch(saved, () => refusal(401, "token_expired")),
    http.post(at("auth/refresh"), () => refusal(401, "session_ended")),
    http.post(at("auth/login"), () => HttpResponse.json({ access_token: TOKEN })),
  );
  press(screen.getByText("Save draft"));
  fill(await screen.findByLabelText("E-mail"), "ann@leaf.example");
  fill(screen.getByLabelText("Password"), "four words of ours");
  press(screen.getByText("Log in", { selector: "button" }));
  expect(await screen.findByLabelText("Greeting")).toHaveValue("Good day to you.");
});

test("What the server says of a field stands at the field, and the focus is on it", async () => {
  answerAs(ivys);
  await openPortal("/assistant");
  press(await screen.findByText("Add a tool"));
  fill(screen.getAllByLabelText("Name").at(-1), "check_order");
  fill(screen.getByLabelText("What it is for"), "Look up an order.");
  fill(screen.getByLabelText("Address"), "https://10.0.0.1/");
  press(screen.getByText("Add a field"));
  fill(screen.getAllByLabelText("Name").at(-1), "party size");
  press(screen.getByText("Save draft"));
  expect(await screen.findByText(/Small letters, digits and underscores: party_size/)).toBeVisible();
  press(screen.getByLabelText("Remove field 1"));

  const bodies: unknown[] = [];
  server.use(
    http.patch(saved, async ({ request }) => {
      bodies.push(await request.json());
      return refusal(400, "invalid_request", "own_tools.0.url: This address is not a public one.");
    }),
  );
  press(screen.getByText("Save draft"));
  const address = screen.getByLabelText("Address");
  await waitFor(() => {
    expect(address).toHaveAccessibleDescription("This address is not a public one.");
  });
  expect(address).toHaveFocus();
  const tool = { name: "check_order", url: "https://10.0.0.1/", timeout_s: 5, examples: [] };
  expect(bodies).toMatchObject([{ revision: 3, fields: [], own_tools: [tool] }]);
});
