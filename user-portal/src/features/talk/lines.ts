import type { Transport } from "@pipecat-ai/client-js";
import type { Start } from "./api";
import type { Measures } from "./measures";
import type { MicrophoneEvents } from "./microphone";

/** What carries one call. */
export interface Line {
  transport: Transport;
  /** What `voice/start` is asked for. */
  wants: Omit<Start, "store">;
  /** The assistant's voice has arrived. */
  play(track: MediaStreamTrack): void;
  /** Aloud, or at the ear; in a browser: aloud or not at all. */
  speaker(on: boolean): void;
  measure(): Promise<Measures | null>;
  close(): void;
}

export type OpenLine = (events: MicrophoneEvents) => Line;

/** What comes back into a conversation over a new socket, with which token; the server keeps it for so long. */
export interface Resumption {
  token: string;
  within_s: number;
}

/** What both WebRTC transports hold and do not hand out; their versions are pinned. */
export interface Insides {
  pc: RTCPeerConnection | null;
  maxReconnectionAttempts: number;
}

// Three attempts are over before the half minute is, for which the server keeps a conversation.
export const RECONNECTION_ATTEMPTS = 12;

export const isConnected = ({ iceConnectionState: state }: RTCPeerConnection): boolean =>
  state === "connected" || state === "completed";
