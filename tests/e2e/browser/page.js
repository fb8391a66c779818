/** What runs in the page: the official client, somebody who speaks into its microphone, and an ear at its speakers. */

import { RTVIEvent } from "@pipecat-ai/client-js";
import { talk } from "./example.js";

const EAR_HZ = 16_000;
const air = new AudioContext();
const microphone = air.createMediaStreamDestination();
if (location.hash !== "#device") navigator.mediaDevices.getUserMedia = async () => microphone.stream.clone();

/** @type {Float32Array[]} */
let heard = [];
const ears = listening();

// The websocket transport plays what it gets through an AudioContext of its own.
const connect = /** @type {Function} */ (AudioNode.prototype.connect);
AudioNode.prototype.connect = /** @this {AudioNode} */ function (/** @type {unknown[]} */ ...to) {
  if (to[0] instanceof AudioDestinationNode && this.context instanceof AudioContext) {
    const out = this.context.createMediaStreamDestination();
    connect.call(this, out);
    void listenTo(out.stream);
  }
  return connect.apply(this, to);
};

/** @param {MediaStream} stream */
async function listenTo(stream) {
  const { context, node } = await ears;
  connect.call(context.createMediaStreamSource(stream), node);
}

async function listening() {
  const context = new AudioContext({ sampleRate: EAR_HZ });
  const code = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
  })`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const node = new AudioWorkletNode(context, "ear", { channelCount: 1, channelCountMode: "explicit" });
  node.port.onmessage = ({ data }) => heard.push(data);
  return { context, node };
}

const session = {
  /** @type {import("@pipecat-ai/client-js").PipecatClient | undefined} */
  client: undefined,

  /** @param {import("./calls.js").Call} call */
  async call(call) {
    await air.resume();
    const tell = /** @type {any} */ (window).tell;
    const names = Object.values(RTVIEvent);
    const callbacks = Object.fromEntries(
      names.map((name) => [
        `on${name[0]?.toUpperCase()}${name.slice(1)}`,
        (/** @type {unknown} */ data, /** @type {any} */ participant) => {
          if (data instanceof MediaStreamTrack) {
            if (!participant?.local) {
              const stream = new MediaStream([data]);
              // A remote track only flows once something plays it.
              void Object.assign(new Audio(), { srcObject: stream }).play();
              void listenTo(stream);
            }
            tell(name, null);
          } else {
            tell(name, JSON.parse(JSON.stringify(data ?? null)));
          }
        },
      ]),
    );
    session.client = await talk({ ...call, callbacks });
  },

  /** @param {string} url */
  async say(url) {
    const speech = air.createBufferSource();
    speech.buffer = await air.decodeAudioData(await (await fetch(url)).arrayBuffer());
    connect.call(speech, microphone);
    // Nobody speaks in the very sample in which the line opens.
    speech.start(air.currentTime + 0.3);
  },

  /** What was played so far: 16-bit mono at 16 kHz, in base64. */
  heard() {
    const samples = heard.flatMap((part) => [...part]);
    const pcm = Int16Array.from(samples, (sample) => Math.max(-1, Math.min(1, sample)) * 32767);
    let text = "";
    for (const byte of new Uint8Array(pcm.buffer)) text += String.fromCharCode(byte);
    return btoa(text);
  },
};

Object.assign(window, { session });
