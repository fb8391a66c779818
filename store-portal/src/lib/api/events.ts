import { EventSourceParserStream } from "eventsource-parser/stream";
import { errorOfAnswer, errorOfFetch } from "./errors";
import { session } from "./session";

/**
 * The data of server-sent events, in order, until the server ends the stream. EventSource itself cannot send the access
 * token. Throws ApiError.
 */
export async function* readEvents(path: string, signal: AbortSignal): AsyncGenerator {
  const response = await open(path, signal);
  if (!response.ok || !response.body) throw errorOfAnswer(response, await response.json().catch(() => null));
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const reader = events.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((thrown: unknown) => {
        throw errorOfFetch(thrown);
      });
      if (done) return;
      yield JSON.parse(value.data);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function open(path: string, signal: AbortSignal): Promise<Response> {
  const ask = async (token: string | null) => {
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    try {
      // Without a deadline: it lasts for as long as somebody watches.
      return await fetch(new URL(path, location.origin), { headers, signal });
    } catch (thrown) {
      throw errorOfFetch(thrown);
    }
  };
  const token = session.token;
  const response = await ask(token);
  if (response.status !== 401) return response;
  const fresh = await session.refresh(token);
  return fresh ? ask(fresh) : response;
}
