import { screen } from "@testing-library/react";
import { delay, http } from "msw";
import { expect, test } from "vitest";
import { openPortal } from "@/testing/portal";
import { server } from "@/testing/server";
import { answerAs, refusal } from "@/testing/store-api";

const CALL = "6f6c1f8e-29a5-4b2f-9a3d-0f5a2d0c7a11";
const nothingSaid = {
  [`/store/conversations/${CALL}`]: {
    id: CALL,
    channel: "webrtc",
    direction: "inbound",
    started_at: "2026-05-04T10:00:00Z",
    ended_at: null,
    turns: [],
    tool_calls: [],
    fields: null,
  },
};

// Each screen, what it says to a store that has just signed up, and what it asks the API for.
const SCREENS = [
  ["/", "Nobody has asked yet", "overview"],
  ["/live", "Nobody is calling", "live/events"],
  ["/conversations", "Nobody has called yet", "conversations"],
  [`/conversations/${CALL}`, "Nothing was said yet", "conversations/:id"],
  ["/messages", "Nobody is waiting", "messages"],
  ["/telephone", "You have no telephone number yet", "phone/numbers"],
  ["/assistant", "Nobody answers yet", "assistants"],
  ["/knowledge", "It knows nothing yet", "knowledge/entries"],
  ["/developers", "No program has a key.", "api-keys"],
  ["/security", "Nothing happened yet", "audit"],
] as const;

test.each(SCREENS)("%s says what to do while there is nothing: %s", async (path, words) => {
  answerAs(nothingSaid);
  await openPortal(path);
  expect(await screen.findByText(words)).toBeVisible();
  expect(screen.queryByRole("alert")).toBeNull();
});

test.each(SCREENS)("%s shows that it waits, and nothing of what it waits for", async (path, words, asked) => {
  answerAs(nothingSaid);
  server.use(http.get(`http://store.localhost/store/${asked}`, () => delay("infinite")));
  await openPortal(path);
  expect((await screen.findAllByText("Loading")).length).toBeGreaterThan(0);
  expect(screen.queryByText(words)).toBeNull();
});

test.each(SCREENS)("%s says what went wrong, and tries again", async (path, words, asked) => {
  answerAs(nothingSaid);
  let refused = true;
  server.use(http.get(`http://store.localhost/store/${asked}`, () => (refused ? refusal(403, "not_now") : undefined)));
  await openPortal(path);
  const problem = await screen.findByText("Not now.");
  expect(problem.closest("[role=alert]")).toBeVisible();
  refused = false;
  // The live view tries again by itself.
  screen.queryByRole("button", { name: "Try again" })?.click();
  expect(await screen.findByText(words)).toBeVisible();
});
