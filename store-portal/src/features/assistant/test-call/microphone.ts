import type { Tracks } from "@pipecat-ai/client-js";

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What Pipecat's WebRTC transport asks for media: one microphone, and nothing else. */
export class Microphone {
  #track: MediaStreamTrack | null = null;
  #enabled = true;

  setClientOptions(): void {
    this.#enabled = true;
  }

  /** Open it. Throws NotAllowedError or NotFoundError as `getUserMedia` does. */
  async initialize(): Promise<void> {
    if (this.#track) return;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: AUDIO });
    this.#track = stream.getAudioTracks()[0] ?? null;
    this.enableMic(this.#enabled);
  }

  connect(): Promise<void> {
    return this.initialize();
  }

  disconnect(): Promise<void> {
    this.#track?.stop();
    this.#track = null;
    return Promise.resolve();
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

  // What a voice line has none of.
  readonly supportsScreenShare = false;
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
  readonly selectedMic = {};
  readonly selectedCam = {};
  readonly selectedSpeaker = {};
  readonly enableCam = nothing;
  readonly enableScreenShare = nothing;
  readonly updateMic = nothing;
  readonly updateCam = nothing;
  readonly updateSpeaker = nothing;
  readonly getAllMics = none;
  readonly getAllCams = none;
  readonly getAllSpeakers = none;
}

function nothing(): void {
  // There is nothing to switch.
}

function none(): Promise<MediaDeviceInfo[]> {
  return Promise.resolve([]);
}
