/** A microphone that tests speak into, and an ear at the loudspeaker, whatever plays there. */

/** Runs in the page before its own scripts do: `air.say` speaks into the microphone, `air.isLoud` is an ear. */
export function hearingAndSpeaking() {
  const LOUD = 0.01;
  const context = new AudioContext();
  const microphone = context.createMediaStreamDestination();
  navigator.mediaDevices.getUserMedia = async () => microphone.stream.clone();
  const ear = context.createAnalyser();
  ear.fftSize = 16_384;
  const source = /** @type {PropertyDescriptor} */ (
    Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject")
  );
  Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
    ...source,
    set(stream) {
      if (stream) context.createMediaStreamSource(stream).connect(ear);
      source.set?.call(this, stream);
    },
  });
  // What is played over a websocket comes out of a context of its own.
  const connect = /** @type {Function} */ (AudioNode.prototype.connect);
  AudioNode.prototype.connect = /** @this {AudioNode} */ function (/** @type {unknown[]} */ ...to) {
    if (to[0] instanceof AudioDestinationNode && this.context instanceof AudioContext) {
      const out = this.context.createMediaStreamDestination();
      connect.call(this, out);
      connect.call(context.createMediaStreamSource(out.stream), ear);
    }
    return connect.apply(this, to);
  };
  const samples = new Float32Array(ear.fftSize);
  Object.assign(window, {
    air: {
      /** @param {string} wav */
      async say(wav) {
        const bytes = Uint8Array.from(atob(wav), (char) => char.charCodeAt(0));
        const speech = context.createBufferSource();
        speech.buffer = await context.decodeAudioData(bytes.buffer);
        speech.connect(microphone);
        speech.start(context.currentTime + 0.3);
      },
      /** The last third of a second, by its root mean square. */
      isLoud() {
        ear.getFloatTimeDomainData(samples);
        return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) > LOUD;
      },
    },
  });
}
