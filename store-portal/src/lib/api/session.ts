import * as z from "zod";
import { errorOfAnswer } from "./errors";
import { send } from "./send";

/** `unknown` until the cookies have been tried once. */
export type Standing = "unknown" | "signed-in" | "signed-out";

type Change = "signed-in" | "signed-out";

const message = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("refreshed"), token: z.string() }),
  z.object({ kind: z.literal("signed-in"), token: z.string() }),
  z.object({ kind: z.literal("signed-out") }),
]);
const granted = z.object({ access_token: z.string() });

const LOCK = "storeline-refresh";
const REFRESH = "/store/auth/refresh";

/**
 * The store's session in this browser: the access token in memory, and in no storage; the rest in cookies that no script
 * can read. Tabs share one token: whoever refreshes tells the others, and a sign-out in one ends all.
 */
export class Session {
  #token: string | null = null;
  #standing: Standing = "unknown";
  #refreshing: Promise<string | null> | null = null;
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(channel = new BroadcastChannel("storeline-session")) {
    this.#channel = channel;
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      this.#hear(data);
    });
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** The access token to try first; it may have expired. */
  get token(): string | null {
    return this.#token;
  }

  /** Call back at each sign-in and sign-out, wherever it happened. Returns what ends that. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Find out whether the cookies are worth a session. Throws ApiError when the server does not say. */
  async find(): Promise<Standing> {
    if (this.#standing === "unknown") await this.refresh(null);
    return this.#standing;
  }

  /**
   * Return a newer token than `stale`, or null when the session is over. However many ask, in however many tabs, the
   * server is asked once. Throws ApiError when the server does not say.
   */
  refresh(stale: string | null): Promise<string | null> {
    if (this.#token !== stale || this.#standing === "signed-out") return Promise.resolve(this.#token);
    this.#refreshing ??= alone(() => this.#ask(stale)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  /** Take the token of a fresh sign-in. */
  begin(token: string): void {
    this.#channel.postMessage({ kind: "signed-in", token });
    this.#adopt(token);
    this.#tell("signed-in");
  }

  /** Forget everything, in every tab. */
  end(): void {
    this.#channel.postMessage({ kind: "signed-out" });
    this.#forget();
  }

  async #ask(stale: string | null): Promise<string | null> {
    // Another tab may have been faster while this one waited for its turn.
    if (this.#token !== stale) return this.#token;
    const headers = { "Content-Type": "application/json" };
    const response = await send(
      new Request(new URL(REFRESH, location.origin), { method: "POST", headers, body: "{}" }),
    );
    const body: unknown = await response.json().catch(() => null);
    if (response.status === 401) {
      this.end();
      return null;
    }
    if (!response.ok) throw errorOfAnswer(response, body);
    const { access_token: token } = granted.parse(body);
    this.#channel.postMessage({ kind: "refreshed", token });
    this.#adopt(token);
    return token;
  }

  #hear(data: unknown): void {
    const { data: heard } = message.safeParse(data);
    if (!heard) return;
    if (heard.kind === "signed-out") {
      this.#forget();
      return;
    }
    this.#adopt(heard.token);
    // It may be another store's.
    if (heard.kind === "signed-in") this.#tell("signed-in");
  }

  #adopt(token: string): void {
    this.#token = token;
    this.#standing = "signed-in";
  }

  #forget(): void {
    const wasIn = this.#standing === "signed-in";
    this.#token = null;
    this.#standing = "signed-out";
    if (wasIn) this.#tell("signed-out");
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Run while no other tab runs it. Browsers have locks on secure origins only. */
function alone<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request(LOCK, work) : work();
}

export const session = new Session();
