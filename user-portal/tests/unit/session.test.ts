import { Refusal, Unreachable } from "@/lib/api/problem";
import { Session, SignedOut, type Kept, type Vault } from "@/lib/session/session";
import { tokens } from "../tokens";

const START = Date.UTC(2030, 0, 1);
let kept: Kept | null;
let now: number;

const vault: Vault = {
  read: async () => kept,
  write: async (next) => void (kept = next),
  clear: async () => void (kept = null),
};

/** A session, and an API that answers refreshes with these, in turn. */
function signedIn(...answers: (() => ReturnType<typeof tokens>)[]) {
  const asked: Kept[] = [];
  const refresh = async (with_: Kept) => {
    asked.push(with_);
    const answer = answers.shift();
    if (!answer) throw new Error("asked once too often");
    return answer();
  };
  return { session: new Session(vault, refresh, () => now), asked };
}

beforeEach(() => {
  now = START;
  kept = { session_id: "session", refresh_token: "refresh-0" };
});

test("However many ask for a token at once, the API is asked once", async () => {
  const { session, asked } = signedIn(() => tokens(1, now));
  const given = await Promise.all([session.access(), session.access(), session.renew()]);
  expect(new Set(given).size).toBe(1);
  expect(asked).toEqual([{ session_id: "session", refresh_token: "refresh-0" }]);
  expect(kept?.refresh_token).toBe("refresh-1");
});

test("A token is renewed half a minute before it ends, and not sooner", async () => {
  const { session, asked } = signedIn(
    () => tokens(1, now),
    () => tokens(2, now),
  );
  const first = await session.access();
  now = START + 569_000;
  expect(await session.access()).toBe(first);
  now = START + 571_000;
  expect(await session.access()).not.toBe(first);
  expect(asked[1]?.refresh_token).toBe("refresh-1");
});

test("An app that is killed before the answer asks again with the same token", async () => {
  const killed = signedIn(() => {
    throw new Unreachable();
  });
  await expect(killed.session.access()).rejects.toThrow(Unreachable);
  const { session, asked } = signedIn(() => tokens(1, now));
  await session.open();
  expect(session.status).toBe("signed-in");
  await session.access();
  expect(asked[0]?.refresh_token).toBe("refresh-0");
});

test("Without a network one stays signed in", async () => {
  const { session } = signedIn(() => {
    throw new Unreachable();
  });
  await session.open();
  await expect(session.access()).rejects.toThrow(Unreachable);
  expect(session.status).toBe("signed-in");
});

test("A sign-in that the API no longer knows is forgotten, and everybody is told", async () => {
  const { session } = signedIn(() => {
    throw new Refusal("session_ended", "This session is over.", 401);
  });
  await session.open();
  const told = jest.fn();
  session.subscribe(told);
  await expect(session.access()).rejects.toThrow(SignedOut);
  expect([session.status, kept, told.mock.calls.length]).toEqual(["signed-out", null, 1]);
});
