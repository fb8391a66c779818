import * as z from "zod";
import { session } from "@/lib/api/session";
import { askToListen } from "./api/act";
import playing from "./worklets/playing.ts?worker&url";
import recording from "./worklets/recording.ts?worker&url";

const RATE_HZ = 16_000;
const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** `listening`: both sides are heard. `speaking`: the caller hears us in the assistant's place. */
export type Listening = "off" | "connecting" | "listening" | "speaking";

const told = z.discriminatedUnion("type", [
  z.object({ type: z.literal("taken-over") }),
  z.object({ type: z.literal("handed-back") }),
  z.object({ type: z.literal("refused"), code: z.string() }),
]);

const REFUSALS: Record<string, string> = {
  over: "The conversation is over.",
  taken_over: "Somebody else of you speaks already.",
  cannot_be_joined: "Nobody can speak in this conversation.",
};

interface Events {
  onState: (state: Listening) => void;
  onProblem: (problem: string) => void;
}

/** Somebody of the store's on the line of a conversation. */
export class ListeningIn {
  readonly #id: string;
  readonly #events: Events;
  #socket: WebSocket | null = null;
  #out: AudioContext | null = null;
  #in: AudioContext | null = null;
  #microphone: MediaStream | null = null;
  #endSession: (() => void) | null = null;

  constructor(id: string, events: Events) {
    this.#id = id;
    this.#events = events;
  }

  /** Hear both sides, the caller on the left. Throws ApiError. */
  async start(): Promise<void> {
    this.#events.onState("connecting");
    const out = new AudioContext({ sampleRate: RATE_HZ });
    this.#out = out;
    await out.audioWorklet.addModule(playing);
    const player = new AudioWorkletNode(out, "playing", { numberOfInputs: 0, outputChannelCount: [2] });
    player.connect(out.destination);
    const { wsUrl, token } = await askToListen(this.#id);
    const url = new URL(wsUrl);
    url.searchParams.set("token", token);
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#events.onState("listening");
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") this.#hear(data);
      else player.port.postMessage(data, [data]);
    };
    socket.onclose = () => {
      this.close();
    };
    // Without a newer token the server closes the line when this one expires.
    const renewing = setInterval(() => {
      void session.refresh(session.token).then((fresh) => {
        if (fresh) this.#send({ type: "refresh-token", token: fresh });
      });
    }, 240_000);
    this.#endSession = () => {
      clearInterval(renewing);
    };
  }

  /** Speak in the assistant's place, once the server has agreed. */
  async takeOver(): Promise<void> {
    try {
      this.#microphone = await navigator.mediaDevices.getUserMedia({ audio: AUDIO });
    } catch {
      this.#events.onProblem("The browser did not give access to a microphone.");
      return;
    }
    this.#in = new AudioContext();
    await this.#in.audioWorklet.addModule(recording);
    const recorder = new AudioWorkletNode(this.#in, "recording", { numberOfOutputs: 0 });
    recorder.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data);
    };
    this.#in.createMediaStreamSource(this.#microphone).connect(recorder);
    this.#send({ type: "take-over" });
  }

  /** Let the assistant go on; it knows what was said meanwhile. */
  handBack(): void {
    this.#send({ type: "hand-back" });
  }

  /** Leave the line. */
  close(): void {
    this.#endSession?.();
    this.#muteMicrophone();
    void this.#out?.close();
    this.#out = null;
    if (this.#socket) this.#socket.onclose = null;
    this.#socket?.close();
    this.#socket = null;
    this.#events.onState("off");
  }

  #hear(text: string): void {
    const { data: message } = told.safeParse(JSON.parse(text));
    switch (message?.type) {
      case "taken-over":
        this.#events.onState("speaking");
        break;
      case "handed-back":
        this.#muteMicrophone();
        this.#events.onState("listening");
        break;
      case "refused":
        this.#muteMicrophone();
        this.#events.onProblem(REFUSALS[message.code] ?? "The conversation does not answer.");
        break;
      default:
    }
  }

  #muteMicrophone(): void {
    for (const track of this.#microphone?.getTracks() ?? []) track.stop();
    this.#microphone = null;
    void this.#in?.close();
    this.#in = null;
  }

  #send(message: Record<string, string>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
