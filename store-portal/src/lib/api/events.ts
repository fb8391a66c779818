import { EventSourceParserStream } from "eventsource-parser/stream";
import { errorOfAnswer, errorOfFetch } from "./errors";
import { session } from "./session";

/**
 * The data of server-sent events, in order, until the server ends the stream. EventSource itself cannot send the access
 * token. A line that is silent for `silenceMs` is a dead one. Throws ApiError.
 */
export async function* readEvents(path: string, signal: AbortSignal, silenceMs: number): AsyncGenerator {
  const silence = new Silence(silenceMs);
  try {
    const response = await open(path, AbortSignal.any([signal, silence.signal]));
    if (!response.ok || !response.body) throw errorOfAnswer(response, await response.json().catch(() => null));
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    const reader = events.getReader();
    silence.signal.addEventListener("abort", () => void reader.cancel().catch(() => undefined));
    try {
      for (;;) {
        silence.begin();
        const { done, value } = await reader.read().catch((thrown: unknown) => {
          throw errorOfFetch(thrown);
        });
        if (silence.signal.aborted) throw errorOfFetch(silence.signal.reason);
        if (done) return;
        yield JSON.parse(value.data);
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  } finally {
    silence.end();
  }
}

/** Aborts what it is given to after so many ms, counted from when it last began. */
class Silence {
  readonly #ms: number;
  readonly #aborting = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.begin();
  }

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  begin(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#aborting.abort(new DOMException("Nothing was heard.", "TimeoutError"));
    }, this.#ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function open(path: string, signal: AbortSignal): Promise<Response> {
  const ask = async (token: string | null) => {
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    try {
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
