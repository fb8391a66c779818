/** In place of @daily-co/react-native-webrtc: its engine for Node, a microphone that tests speak into, and an ear. */

import wrtc from "@roamhq/wrtc";

const { RTCAudioSink, RTCAudioSource } = wrtc.nonstandard;

const RATE_HZ = 16_000;
const FRAME_MS = 10;
const FRAME_SAMPLES = (RATE_HZ / 1000) * FRAME_MS;

/** Silence, in real time, until `say` gives it something. */
class SpokenInto {
  readonly #source = new RTCAudioSource();
  #words: Int16Array = new Int16Array();
  #sent = 0;
  readonly #began = Date.now();
  readonly #ticking = setInterval(() => this.#catchUp(), FRAME_MS);

  track(): MediaStreamTrack {
    return this.#source.createTrack();
  }

  /** pcm: 16-bit mono at 16 kHz. */
  say(pcm: Int16Array): void {
    this.#words = pcm;
  }

  close(): void {
    clearInterval(this.#ticking);
  }

  #catchUp(): void {
    for (; this.#sent < (Date.now() - this.#began) / FRAME_MS; this.#sent += 1) {
      const samples = new Int16Array(FRAME_SAMPLES);
      samples.set(this.#words.subarray(0, FRAME_SAMPLES));
      this.#words = this.#words.subarray(FRAME_SAMPLES);
      this.#source.onData({
        samples,
        sampleRate: RATE_HZ,
        bitsPerSample: 16,
        channelCount: 1,
        numberOfFrames: FRAME_SAMPLES,
      });
    }
  }
}

/** What a test has of the device. */
export const device = {
  microphone: new SpokenInto(),
  /** How many samples of the other side were louder than any noise. */
  heard: 0,
};

const LOUD = 1_000;

export class RTCPeerConnection extends wrtc.RTCPeerConnection {
  #ears: { stop(): void }[] = [];

  constructor(config: RTCConfiguration) {
    super(config);
    this.addEventListener("track", ({ track }) => {
      if (track.kind !== "audio") return;
      const ear = new RTCAudioSink(track);
      ear.ondata = ({ samples }) => {
        for (const sample of samples) if (Math.abs(sample) > LOUD) device.heard += 1;
      };
      this.#ears.push(ear);
    });
  }

  /** A closed channel drops what is sent, as the native module does. */
  override createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
    const channel = super.createDataChannel(label, options);
    const send = channel.send.bind(channel) as (data: string) => void;
    return Object.assign(channel, { send: (data: string) => channel.readyState === "open" && send(data) });
  }

  /** The transport's listeners fail once it is closed; devices report that and go on. */
  override dispatchEvent(event: Event): boolean {
    return this.signalingState === "closed" || super.dispatchEvent(event);
  }

  override close(): void {
    for (const ear of this.#ears) ear.stop();
    super.close();
  }
}

export const { MediaStream } = wrtc;
export const RTCView = "RTCView";
export const mediaDevices = {
  getUserMedia: async () => new wrtc.MediaStream([device.microphone.track()]),
  addEventListener() {},
  removeEventListener() {},
};
