/** The sound of a call over a websocket: what Pipecat's transport asks for media, with worklets from our own host. */

import type { Tracks } from "@pipecat-ai/client-js";
import type { Microphone } from "./microphone";
import { VoiceOnly } from "./voiceOnly";

/** At which the server is asked to speak. */
export const PLAYBACK_RATE_HZ = 24_000;

type Deliver = (pcm: ArrayBuffer) => void;

/**
 * Pipecat's own media manager for websockets makes its worklets from blobs, which the page's policy refuses, and offers no
 * levels.
 */
export class SocketAudio extends VoiceOnly {
  /** How loud both sides are, from 0 to 1, as linear as samples are. */
  mine = 0;
  theirs = 0;
  #deliver: Deliver = () => {};
  #in: AudioContext | null = null;
  #out: AudioContext | null = null;
  #source: MediaStreamAudioSourceNode | null = null;
  #recorder: AudioWorkletNode | null = null;
  #player: AudioWorkletNode | null = null;
  #volume: GainNode | null = null;
  #loud = true;

  constructor(private readonly microphone: Microphone) {
    super();
    microphone.onTrackStarted = () => this.#listen();
  }

  setUserAudioCallback(deliver: Deliver): void {
    this.#deliver = deliver;
  }

  setClientOptions(options: { enableMic?: boolean }): void {
    this.microphone.setClientOptions(options);
  }

  async initialize(): Promise<void> {
    await this.microphone.initialize();
  }

  async connect(): Promise<void> {
    this.#out = new AudioContext({ sampleRate: PLAYBACK_RATE_HZ });
    // At the microphone's own rate: not every browser joins two.
    this.#in = new AudioContext();
    await Promise.all([
      this.#out.audioWorklet.addModule("/worklets/playing.js"),
      this.#in.audioWorklet.addModule("/worklets/recording.js"),
    ]);
    this.#volume = this.#out.createGain();
    this.#player = new AudioWorkletNode(this.#out, "playing", { numberOfInputs: 0, outputChannelCount: [1] });
    this.#player.connect(this.#volume).connect(this.#out.destination);
    this.speaker(this.#loud);
    this.#recorder = new AudioWorkletNode(this.#in, "recording", { numberOfOutputs: 0 });
    this.#recorder.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.mine = loudest(new Int16Array(data));
      this.#deliver(data);
    };
    this.#listen();
  }

  async disconnect(): Promise<void> {
    await this.microphone.disconnect();
    await Promise.all([this.#in?.close(), this.#out?.close()]);
    this.#in = this.#out = this.#source = this.#recorder = this.#player = this.#volume = null;
  }

  bufferBotAudio(pcm: ArrayBuffer | Int16Array): undefined {
    const samples = pcm instanceof Int16Array ? pcm.slice() : new Int16Array(pcm.slice(0));
    this.theirs = loudest(samples);
    this.#player?.port.postMessage(samples.buffer, [samples.buffer]);
  }

  speaker(on: boolean): void {
    this.#loud = on;
    if (this.#volume) this.#volume.gain.value = on ? 1 : 0;
  }

  tracks(): Tracks {
    return this.microphone.tracks();
  }

  enableMic(enable: boolean): void {
    this.microphone.enableMic(enable);
  }

  get isMicEnabled(): boolean {
    return this.microphone.isMicEnabled;
  }

  #listen(): void {
    const track = this.microphone.tracks().local.audio;
    if (!this.#in || !this.#recorder || !track) return;
    this.#source?.disconnect();
    this.#source = this.#in.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(this.#recorder);
  }

  userStartedSpeaking = async (): Promise<void> => {};
}

function loudest(samples: Int16Array): number {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 32768;
}
