/** The User API, typed by its own OpenAPI document. */

import createClient from "openapi-fetch";
import { ORIGIN } from "./origin";
import { refusalOf, Unreachable } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Api = ReturnType<typeof createClient<paths>>;

export const DEADLINE_MS = 15_000;

type Fetch = (request: Request) => Promise<Response>;

/** Tokens for requests: `access` may ask the API for a newer one, and `renew` does. */
export interface Bearer {
  access(): Promise<string>;
  renew(): Promise<string>;
}

/** For what needs no sign-in. */
export function openApi(fetch: Fetch = reaching): Api {
  return createClient<paths>({ baseUrl: ORIGIN, fetch });
}

/** For what is asked as somebody. An access token that the API no longer takes is renewed once, and the request repeated. */
export function signedInApi(bearer: Bearer, fetch: Fetch = reaching): Api {
  return openApi(async (request) => {
    const again = request.clone();
    const answer = await fetch(withToken(request, await bearer.access()));
    return answer.status === 401 ? fetch(withToken(again, await bearer.renew())) : answer;
  });
}

/** What the API gives, or the Refusal that it answered instead. */
export async function wanted<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw refusalOf(error, response.status);
  return data as T;
}

/** `fetch` that always ends: a network that swallows what is asked is as good as none. Throws Unreachable. */
async function reaching(request: Request): Promise<Response> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), DEADLINE_MS);
  try {
    return await fetch(request, { signal: deadline.signal });
  } catch {
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
}

function withToken(request: Request, token: string): Request {
  request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}
