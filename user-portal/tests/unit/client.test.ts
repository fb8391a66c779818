import { DEADLINE_MS, openApi, signedInApi, wanted } from "@/lib/api/client";
import { Refusal, Unreachable } from "@/lib/api/problem";

const bearer = { access: async () => "old", renew: jest.fn(async () => "new") };
const answer = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });

test("A request with a token that has ended is repeated with a newer one, body and all", async () => {
  const asked: [string | null, unknown][] = [];
  const api = signedInApi(bearer, async (request) => {
    asked.push([request.headers.get("Authorization"), await request.json()]);
    return asked.length === 1 ? answer(401, { error: { code: "token_expired", message: "" } }) : answer(200, {});
  });
  await wanted(api.POST("/user/auth/logout", { body: { everywhere: false } }));
  expect(asked).toEqual([
    ["Bearer old", { everywhere: false }],
    ["Bearer new", { everywhere: false }],
  ]);
});

test("A refusal keeps its code and its words", async () => {
  const api = signedInApi(bearer, async () => answer(404, { error: { code: "no_store", message: "No such store." } }));
  await expect(wanted(api.GET("/user/stores/{slug}", { params: { path: { slug: "x" } } }))).rejects.toEqual(
    new Refusal("no_store", "No such store.", 404),
  );
});

test("Nobody waits for ever for an answer that does not come", async () => {
  jest.useFakeTimers();
  const silent = (_: unknown, { signal }: RequestInit) =>
    new Promise<Response>((_resolve, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  const network = jest.spyOn(globalThis, "fetch").mockImplementation(silent as typeof fetch);
  const asked = expect(
    wanted(openApi().GET("/user/stores/{slug}", { params: { path: { slug: "x" } } })),
  ).rejects.toBeInstanceOf(Unreachable);
  await jest.advanceTimersByTimeAsync(DEADLINE_MS);
  await asked;
  network.mockRestore();
  jest.useRealTimers();
});
