import { delay, http } from "msw";
import { expect, test } from "vitest";
import { server } from "@/testing/server";
import { events } from "@/testing/store-api";
import { readEvents } from "./events";

const told = { type: "conversations", conversations: [] };

test.each([
  ["never answers", () => delay("infinite"), []],
  ["falls silent", () => events([told]), [told]],
])("A line that %s is given up", async (_, answer, expected) => {
  server.use(http.get("http://store.localhost/store/live/events", answer));
  const heard: unknown[] = [];
  const listening = (async () => {
    for await (const event of readEvents("/store/live/events", new AbortController().signal, 50)) heard.push(event);
  })();
  await expect(listening).rejects.toMatchObject({ code: "deadline" });
  expect(heard).toEqual(expected);
});
