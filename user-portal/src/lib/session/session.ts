/** One sign-in: its tokens, kept across restarts, and renewed by one request at a time. */

import type { Bearer, Schemas } from "@/lib/api/client";
import { Refusal } from "@/lib/api/problem";

type Tokens = Schemas["Tokens"];

/** What has to outlive the process. */
export type Kept = Pick<Tokens, "session_id" | "refresh_token">;

/** A safe place on this device. */
export interface Vault {
  read(): Promise<Kept | null>;
  write(kept: Kept): Promise<void>;
  clear(): Promise<void>;
}

export type Status = "opening" | "signed-out" | "signed-in";

// A request under way must not outlive its token.
const SPARE_MS = 30_000;

export class SignedOut extends Refusal {
  constructor() {
    super("signed_out", "You are signed out. Please sign in again.", 401);
  }
}

export class Session implements Bearer {
  #status: Status = "opening";
  #access: { token: string; expiresAt: number } | null = null;
  #renewing: Promise<string> | null = null;
  #listeners = new Set<() => void>();

  constructor(
    private readonly vault: Vault,
    private readonly refresh: (kept: Kept) => Promise<Tokens>,
    private readonly now: () => number = Date.now,
  ) {}

  /** "opening" until `open` has looked into the vault. */
  get status(): Status {
    return this.#status;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Take up the sign-in of an earlier run. Whether it still holds, the first request tells. */
  async open(): Promise<void> {
    this.#become((await this.vault.read()) ? "signed-in" : "signed-out");
  }

  async begin(tokens: Tokens): Promise<void> {
    await this.#keep(tokens);
    this.#become("signed-in");
  }

  /** Forget the sign-in on this device; telling the API is the caller's. */
  async forget(): Promise<void> {
    this.#access = null;
    await this.vault.clear();
    this.#become("signed-out");
  }

  async access(): Promise<string> {
    return this.#access && this.now() < this.#access.expiresAt - SPARE_MS ? this.#access.token : this.renew();
  }

  /** However many ask at once, the API is asked once. Throws SignedOut when it no longer knows this sign-in. */
  renew(): Promise<string> {
    this.#renewing ??= this.#renewed().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renewed(): Promise<string> {
    const kept = await this.vault.read();
    if (!kept) throw new SignedOut();
    try {
      // The old token stays in the vault until the new one is there. An app that is killed in between asks again with
      // it, and for ten seconds the API answers a repeated question with the same successor.
      return await this.#keep(await this.refresh(kept));
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 401)) throw error;
      await this.forget();
      throw new SignedOut();
    }
  }

  async #keep({ access_token, refresh_token, session_id }: Tokens): Promise<string> {
    await this.vault.write({ session_id, refresh_token });
    this.#access = { token: access_token, expiresAt: expiryOf(access_token) };
    return access_token;
  }

  #become(status: Status): void {
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }
}

/** When an access token ends (RFC 7519, section 4.1.4), in ms since 1970. */
export function expiryOf(token: string): number {
  const payload = token.split(".")[1] ?? "";
  const claims = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) as { exp: number };
  return claims.exp * 1000;
}
