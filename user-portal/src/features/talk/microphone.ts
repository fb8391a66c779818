/** The microphone of a call: opened, muted, and found again when it goes. */

import type { Tracks } from "@pipecat-ai/client-js";
import { devices } from "./devices";
import { VoiceOnly } from "./voiceOnly";

type Replaced = (event: { track: MediaStreamTrack; type: "audio" }) => void;

export interface MicrophoneEvents {
  /** Whoever has no microphone can still type. */
  onDenied(): void;
  /** Another app, or a phone call, has the microphone; or it is back. */
  onTaken(taken: boolean): void;
}

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * What Pipecat's WebRTC transports ask for media; both, in browsers and on devices, ask the same.
 * Their own media manager loads code from another company's network.
 */
export class Microphone extends VoiceOnly {
  onTrackStarted?: Replaced;
  #track: MediaStreamTrack | null = null;
  #enabled = true;
  #stopping: (() => void) | null = null;
  #closed = false;

  constructor(private readonly events: MicrophoneEvents) {
    super();
  }

  setClientOptions({ enableMic = true }: { enableMic?: boolean }): void {
    this.#enabled = enableMic;
  }

  async initialize(): Promise<void> {
    if (this.#track) return;
    devices.addEventListener("devicechange", this.#changed);
    await this.#open();
  }

  async connect(): Promise<void> {
    await this.initialize();
  }

  async disconnect(): Promise<void> {
    this.#closed = true;
    devices.removeEventListener("devicechange", this.#changed);
    this.#stop();
  }

  tracks(): Tracks {
    return { local: this.#track ? { audio: this.#track } : {} };
  }

  enableMic(enable: boolean): void {
    this.#enabled = enable;
    if (this.#track) this.#track.enabled = enable;
  }

  get isMicEnabled(): boolean {
    return this.#enabled;
  }

  async #open(): Promise<void> {
    let track: MediaStreamTrack | undefined;
    try {
      track = (await devices.getUserMedia({ audio: AUDIO, video: false })).getAudioTracks()[0];
    } catch {
      this.events.onDenied();
      return;
    }
    if (!track) return this.events.onDenied();
    if (this.#closed) return track.stop();
    this.#stop();
    // When a transport replaces a lost connection it stops the old one's track, which is the new one's, too.
    this.#stopping = track.stop.bind(track);
    track.stop = () => {};
    track.enabled = this.#enabled;
    track.addEventListener("mute", () => this.events.onTaken(true));
    track.addEventListener("unmute", () => this.events.onTaken(false));
    track.addEventListener("ended", this.#changed);
    this.#track = track;
    this.onTrackStarted?.({ track, type: "audio" });
  }

  /** A headset came or went: listen to what is there now. */
  #changed = (): void => void this.#open();

  #stop(): void {
    this.#track?.removeEventListener("ended", this.#changed);
    this.#stopping?.();
    this.#track = this.#stopping = null;
  }
}
