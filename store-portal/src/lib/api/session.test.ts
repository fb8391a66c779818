import { delay, http, HttpResponse } from "msw";
import { beforeEach, expect, test } from "vitest";
import { server } from "@/testing/server";
import { ApiError } from "./errors";
import { Session } from "./session";

const REFRESH = "http://store.localhost/store/auth/refresh";

let asked: number;
beforeEach(() => {
  asked = 0;
});

/** The server rotates the cookies and gives the next token. */
function rotating() {
  server.use(
    http.post(REFRESH, async () => {
      asked += 1;
      const token = `token-${asked}`;
      await delay(20);
      return HttpResponse.json({ access_token: token });
    }),
  );
}

/** Two tabs of one browser. */
function tabs(): [Session, Session] {
  const name = `test-${Math.random()}`;
  return [new Session(new BroadcastChannel(name)), new Session(new BroadcastChannel(name))];
}

test("However many requests are refused at once, the server is asked for one token", async () => {
  rotating();
  const [tab] = tabs();
  const tokens = await Promise.all([tab.refresh(null), tab.refresh(null), tab.refresh(null)]);
  expect(tokens).toEqual(["token-1", "token-1", "token-1"]);
  expect(await tab.refresh(null)).toBe("token-1");
  expect(asked).toBe(1);
});

test("A token that one tab has got is every tab's", async () => {
  rotating();
  const [one, other] = tabs();
  await one.refresh(null);
  await expect.poll(() => other.token).toBe("token-1");
  expect(await other.refresh(null)).toBe("token-1");
  expect(asked).toBe(1);
});

test("Signing out in one tab signs out all, and tells each once", async () => {
  const [one, other] = tabs();
  const heard: string[] = [];
  other.onChange((change) => heard.push(change));
  one.begin("token");
  await expect.poll(() => other.standing).toBe("signed-in");
  one.end();
  await expect.poll(() => heard).toEqual(["signed-in", "signed-out"]);
  expect([other.standing, other.token]).toEqual(["signed-out", null]);
});

test("A session that is over ends here, too", async () => {
  server.use(http.post(REFRESH, () => HttpResponse.json({ error: { code: "x", message: "Over." } }, { status: 401 })));
  const [tab] = tabs();
  expect(await tab.find()).toBe("signed-out");
});

test("A server that is away ends no session", async () => {
  server.use(http.post(REFRESH, () => HttpResponse.error()));
  const [tab] = tabs();
  await expect(tab.find()).rejects.toThrow(ApiError);
  expect(tab.standing).toBe("unknown");
  rotating();
  expect(await tab.find()).toBe("signed-in");
});
