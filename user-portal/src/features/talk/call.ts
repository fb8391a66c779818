/** One call, from the first ring to the last word: what it is doing, and what one can do with it. */

import { PipecatClient, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { Refusal, Unreachable } from "@/lib/api/problem";
import type { ServerMessage, Start, Started } from "./api";
import { closed, heard, said, type Captions } from "./captions";
import type { Ending } from "./endings";
import type { Line, OpenLine, Resumption } from "./lines";
import { SILENT, type Measures } from "./measures";

export type Phase = "connecting" | "live" | "away" | "ended";
export type Doing = "listening" | "hearing" | "thinking" | "speaking";

export interface State {
  phase: Phase;
  doing: Doing;
  captions: Captions;
  muted: boolean;
  speaker: boolean;
  microphone: "open" | "denied" | "taken";
  measures: Measures;
  /** From the user's last sound to the assistant's first, in the latest answer. */
  latencyMs: number | null;
  /** When the call will be ended, in ms since 1970. */
  endsAt: number | null;
  ending: Ending | null;
}

export interface Surroundings {
  openLine: OpenLine;
  /** Tried where the first one does not connect. */
  openFallback?: OpenLine | null;
  start(wants: Start): Promise<Started>;
  /** A newer access token than the one that the call began with. */
  renew(): Promise<string>;
}

// WebRTC is there within a second or two; where it is not, its packets do not get through.
const CONNECTED_WITHIN_MS = 8000;
const MEASURED_EVERY_MS = 150;
const GOODBYE_WITHIN_MS = 1500;
const TRIED_EVERY_MS = 1000;
const SIGNED_OUT = 4001;
// The conversation goes on in another process of the server. docs/clients.md lists the codes.
const HANDED_OFF = 4008;
const TOO_MANY_REQUESTS = 429;

export class Call {
  #state: State;
  #listeners = new Set<() => void>();
  #client: PipecatClient | null = null;
  #line: Line | null = null;
  #measuring: ReturnType<typeof setInterval> | null = null;
  #code: number | null = null;
  #resumption: Resumption | null = null;
  #openLine: OpenLine;

  constructor(
    private readonly about: { store: string; assistant?: string },
    private readonly around: Surroundings,
    { muted }: { muted: boolean },
  ) {
    this.#state = {
      phase: "connecting",
      doing: "listening",
      captions: [],
      muted,
      speaker: true,
      microphone: "open",
      measures: SILENT,
      latencyMs: null,
      endsAt: null,
      ending: null,
    };
    this.#openLine = around.openLine;
  }

  get state(): State {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async open(): Promise<void> {
    const { openLine, openFallback } = this.around;
    try {
      await this.#connect(openLine);
    } catch (error) {
      if (this.#over) return;
      if (!openFallback || isAnswer(error)) return this.#fail(error);
      await this.#close();
      await this.#connect(openFallback).catch((again: unknown) => this.#fail(again));
    }
  }

  async hangUp(): Promise<void> {
    if (this.#over) return;
    this.#end("left");
    await this.#close();
  }

  mute(muted: boolean): void {
    this.#client?.enableMic(!muted);
    this.#become({ muted });
  }

  speaker(on: boolean): void {
    this.#line?.speaker(on);
    this.#become({ speaker: on });
  }

  /** Say something in writing. */
  async write(text: string): Promise<void> {
    this.#become({ captions: heard(this.#state.captions, text, { final: true }), doing: "thinking" });
    await this.#client?.sendText(text);
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#over) return;
    await this.#close();
    this.#end(isAnswer(error) ? { problem: error.message } : "unreachable");
  }

  async #connect(openLine: OpenLine, back?: Resumption): Promise<void> {
    const line = openLine({
      onDenied: () => this.#become({ microphone: "denied" }),
      onTaken: (taken) => this.#become({ microphone: taken ? "taken" : "open" }),
    });
    const client: PipecatClient = new PipecatClient({
      transport: line.transport,
      enableMic: !this.#state.muted,
      callbacks: this.#callbacks(line, () => client),
    });
    this.#openLine = openLine;
    this.#line = line;
    this.#client = client;
    const started = await this.around.start({ ...this.about, ...line.wants, ...(back && { resume: true }) });
    if (this.#over) return this.#close();
    await within(CONNECTED_WITHIN_MS, client.connect(back ? resumed(started, back) : started));
    if (this.#over) return this.#close();
    line.speaker(this.#state.speaker);
    this.#become({ phase: "live" });
    this.#measuring = setInterval(() => void this.#measure(line), MEASURED_EVERY_MS);
  }

  #callbacks(line: Line, client: () => PipecatClient): RTVIEventCallbacks {
    const captioned = (captions: Captions) => this.#become({ captions });
    return {
      onTrackStarted: (track, participant) => {
        if (!participant?.local) line.play(track);
      },
      onUserStartedSpeaking: () => this.#become({ doing: "hearing", captions: closed(this.#state.captions) }),
      onUserStoppedSpeaking: () => this.#become({ doing: "thinking" }),
      onUserTranscript: ({ text, final }) => captioned(heard(this.#state.captions, text, { final })),
      onBotStartedSpeaking: () => this.#become({ doing: "speaking" }),
      onBotOutput: ({ text, spoken = false }) => captioned(said(this.#state.captions, text, { spoken })),
      onBotStoppedSpeaking: () => {
        const { doing, captions } = this.#state;
        this.#become({ doing: doing === "speaking" ? "listening" : doing, captions: closed(captions) });
      },
      onServerMessage: (message) => void this.#told(message as ServerMessage),
      onDisconnected: () => {
        // A line that never was is none that is lost: whoever opens it is told, and tries another one.
        if (this.#client !== client() || !this.#measuring) return;
        // Without a goodbye the network is gone, or the process that answered.
        if (this.#code === null && this.#resumption) void this.#comeBack(this.#resumption);
        else void this.#gone();
      },
    };
  }

  /** The line is lost: another one goes on with the conversation, for as long as the server keeps it. */
  async #comeBack(back: Resumption): Promise<void> {
    this.#resumption = null;
    this.#become({ phase: "away" });
    const until = Date.now() + back.within_s * 1000;
    while (!this.#over && Date.now() < until) {
      await this.#close();
      try {
        return await this.#connect(this.#openLine, back);
      } catch (error) {
        if (isFinal(error)) break;
      }
      await new Promise((waited) => setTimeout(waited, TRIED_EVERY_MS));
    }
    await this.#gone();
  }

  async #told(message: ServerMessage): Promise<void> {
    switch (message.type) {
      case "resume-token":
      case "resume-now":
        this.#resumption = message;
        return;
      case "turn-latency":
        return this.#become({ latencyMs: message.latency_ms["on_wire"] ?? null });
      case "ending-soon":
        return this.#become({ endsAt: Date.now() + message.seconds_left * 1000 });
      case "session-ended":
        if (message.code === HANDED_OFF && this.#resumption) return this.#comeBack(this.#resumption);
        this.#code = message.code;
        // The last words are still on their way to the ear.
        setTimeout(() => void this.#gone(), GOODBYE_WITHIN_MS);
        return;
      case "token-expiring":
        this.#client?.sendClientMessage("refresh-token", { token: await this.around.renew() });
    }
  }

  async #measure(line: Line): Promise<void> {
    const measures = await line.measure();
    const { phase, muted } = this.#state;
    if (phase !== "live" && phase !== "away") return;
    const now = measures ?? SILENT;
    this.#become({ measures: muted ? { ...now, mine: 0 } : now, phase: now.connected ? "live" : "away" });
  }

  async #gone(): Promise<void> {
    if (this.#over) return;
    this.#end(this.#code === null ? "lost" : { code: this.#code });
    await this.#close();
    // Whoever was signed out elsewhere finds out here, rather than at the next request.
    if (this.#code === SIGNED_OUT) await this.around.renew().catch(() => {});
  }

  #end(ending: Ending): void {
    this.#become({ phase: "ended", ending, captions: closed(this.#state.captions), measures: SILENT });
  }

  get #over(): boolean {
    return this.#state.phase === "ended";
  }

  async #close(): Promise<void> {
    if (this.#measuring) clearInterval(this.#measuring);
    const [client, line] = [this.#client, this.#line];
    this.#client = this.#line = this.#measuring = null;
    await client?.disconnect().catch(() => {});
    line?.close();
  }

  #become(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const isAnswer = (error: unknown): error is Refusal | Unreachable =>
  error instanceof Refusal || error instanceof Unreachable;

/** Whether trying again is no use: the conversation is over, or the user is signed out. */
function isFinal(error: unknown): boolean {
  const status = (error as { status?: number } | null)?.status;
  return status !== undefined && status >= 400 && status < 500 && status !== TOO_MANY_REQUESTS;
}

/** The way back into a conversation. */
function resumed(started: Started, { token }: Resumption): Started {
  if ("webrtcRequestParams" in started) {
    const { endpoint } = started.webrtcRequestParams;
    return { ...started, webrtcRequestParams: { endpoint: `${endpoint}&resume=${encodeURIComponent(token)}` } };
  }
  if (!("wsUrl" in started)) return started;
  const url = new URL(started.wsUrl);
  url.searchParams.set("resume", token);
  return { ...started, wsUrl: url.href };
}

function within<T>(ms: number, wanted: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("too late")), ms);
    wanted.then(resolve, reject).finally(() => clearTimeout(late));
  });
}
