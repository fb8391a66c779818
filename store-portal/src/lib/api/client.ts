import createClient from "openapi-fetch";
import { errorOfAnswer, errorOfFetch } from "./errors";
import type { components, paths } from "./schema";
import { DEADLINE_MS, send } from "./send";
import { session } from "./session";

/** A shape of the API's document, by its name there. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

// Other refusals with 401, such as a wrong password, have nothing to do with the token.
const ABOUT_THE_TOKEN = new Set(["access_token_missing", "token_expired", "invalid_access_token"]);

/** The Store API, as its document describes it. */
export const api = createClient<paths>({ baseUrl: location.origin, fetch: authorized });

/** Ask with the access token; when it has expired, refresh it and ask once more. Throws ApiError. */
export async function authorized(request: Request, deadlineMs = DEADLINE_MS): Promise<Response> {
  const token = session.token;
  const response = await send(bearing(request.clone(), token), deadlineMs);
  if (response.status !== 401 || !(await isAboutTheToken(response))) return response;
  const fresh = await session.refresh(token);
  return fresh ? send(bearing(request, fresh), deadlineMs) : response;
}

/** The data of an answer. Throws ApiError. */
export async function wanted<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked.catch((thrown: unknown) => {
    throw thrown instanceof DOMException && thrown.name === "AbortError" ? thrown : errorOfFetch(thrown);
  });
  if (!response.ok) throw errorOfAnswer(response, error);
  // Answers without content have none.
  return data as T;
}

function bearing(request: Request, token: string | null): Request {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}

async function isAboutTheToken(response: Response): Promise<boolean> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return ABOUT_THE_TOKEN.has(errorOfAnswer(response, body).code);
}
