import { http, HttpResponse, type JsonBodyType } from "msw";
import { server } from "./server";

const ORIGIN = "http://store.localhost";

/** The Store API of a store that has just signed up, and to which nothing has happened. */
const NEW: Record<string, JsonBodyType> = {
  "/store/me": { id: "1", name: "Leaf", slug: "leaf", email: "ann@leaf.example", email_verified: true },
  "/store/overview": {
    time_zone: "UTC",
    today: { day: "2026-05-04", calls: 0, minutes: 0 },
    days: [{ day: "2026-05-04", calls: 0, minutes: 0 }],
    answered_share: null,
    latency_median_ms: null,
    latency_p95_ms: null,
    messages_waiting: 0,
    live_calls: 0,
    asked_most: [],
  },
  "/store/conversations": { conversations: [], next_before: null },
  "/store/conversation-views": { views: [] },
  "/store/messages": { messages: [], next_before: null },
  "/store/phone/numbers": { numbers: [] },
  "/store/phone/calls": { calls: [], next_before: null },
  "/store/assistants": { assistants: [] },
  "/store/models": { stt: [], llm: [], llm_models: [], tts: [], voices: [] },
  "/store/knowledge/entries": { entries: [], next_after: null },
  "/store/knowledge/unanswered": { questions: [] },
  "/store/api-keys": { api_keys: [] },
  "/store/webhooks": { webhooks: [] },
  "/store/widgets": { widgets: [] },
  "/store/sessions": { sessions: [] },
  "/store/audit": { events: [], next_before: null },
  "/store/me/second-factors": { totp: null, passkeys: [], recovery_codes_left: 0 },
};

/** Answer as for a new store, except at these paths. */
export function answerAs(exceptions: Record<string, JsonBodyType> = {}): void {
  const answers = { ...NEW, ...exceptions };
  server.use(
    ...Object.entries(answers).map(([path, body]) => http.get(`${ORIGIN}${path}`, () => HttpResponse.json(body))),
    http.get(`${ORIGIN}/store/live/events`, () => events([{ type: "conversations", conversations: [] }])),
  );
}

/** Server-sent events that are told at once; the stream stays open. */
export function events(told: object[]): Response {
  const text = told.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  const body = new ReadableStream({
    start: (stream) => {
      stream.enqueue(new TextEncoder().encode(text));
    },
  });
  return new HttpResponse(body, { headers: { "Content-Type": "text/event-stream" } });
}

/** A refusal, in the API's own form. */
export function refusal(status: number, code: string, message = "Not now."): Response {
  return HttpResponse.json({ error: { code, message } }, { status });
}
