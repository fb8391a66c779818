import { http, HttpResponse } from "msw";
import { afterEach, expect, test } from "vitest";
import { server } from "@/testing/server";
import { api, wanted } from "./client";
import { session } from "./session";

const problem = (code: string, status: number, headers?: HeadersInit) =>
  HttpResponse.json({ error: { code, message: code } }, { status, ...(headers && { headers }) });

afterEach(() => {
  session.end();
});

test("An expired token is refreshed on the way, and the same request is sent again with its body", async () => {
  session.begin("old");
  const bodies: unknown[] = [];
  server.use(
    http.post("http://store.localhost/store/auth/refresh", () => HttpResponse.json({ access_token: "new" })),
    http.patch("http://store.localhost/store/me", async ({ request }) => {
      bodies.push(await request.json());
      const isNew = request.headers.get("Authorization") === "Bearer new";
      return isNew ? new HttpResponse(null, { status: 204 }) : problem("token_expired", 401);
    }),
  );
  await wanted(api.PATCH("/store/me", { body: { name: "Leaf" } }));
  expect(bodies).toEqual([{ name: "Leaf" }, { name: "Leaf" }]);
});

test("A wrong password is no reason to refresh", async () => {
  session.begin("good");
  server.use(http.post("http://store.localhost/store/auth/password", () => problem("wrong_credentials", 401)));
  const body = { current_password: "x", new_password: "y" };
  await expect(wanted(api.POST("/store/auth/password", { body }))).rejects.toMatchObject({ code: "wrong_credentials" });
  expect(session.token).toBe("good");
});

test("A refusal tells how long to wait, and a network that is gone is an error like others", async () => {
  server.use(http.get("http://store.localhost/store/me", () => problem("too_many", 429, { "Retry-After": "7" })));
  await expect(wanted(api.GET("/store/me"))).rejects.toMatchObject({ status: 429, retryAfterS: 7 });
  server.use(http.get("http://store.localhost/store/me", () => HttpResponse.error()));
  await expect(wanted(api.GET("/store/me"))).rejects.toMatchObject({ status: null, code: "unreachable" });
});
