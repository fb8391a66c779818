/** Gives away a microphone in messages of 20 ms: mono, 16 bits, 16 kHz, whatever the rate of its context. */

const RATE_HZ = 16_000;
const MESSAGE_SAMPLES = 0.02 * RATE_HZ;

class Recording extends AudioWorkletProcessor {
  #message = new Int16Array(MESSAGE_SAMPLES);
  #filled = 0;
  #sum = 0;
  #summed = 0;
  #phase = 0;

  process(inputs) {
    for (const sample of inputs[0]?.[0] ?? []) {
      // Each sample that is sent is the mean of those that it stands for: simple, and good enough for a voice.
      this.#sum += sample;
      this.#summed += 1;
      this.#phase += RATE_HZ / sampleRate;
      if (this.#phase < 1) continue;
      this.#phase -= 1;
      this.#add(this.#sum / this.#summed);
      this.#sum = this.#summed = 0;
    }
    return true;
  }

  #add(sample) {
    this.#message[this.#filled] = Math.max(-1, Math.min(1, sample)) * 32767;
    this.#filled += 1;
    if (this.#filled < MESSAGE_SAMPLES) return;
    this.port.postMessage(this.#message.buffer, [this.#message.buffer]);
    this.#message = new Int16Array(MESSAGE_SAMPLES);
    this.#filled = 0;
  }
}

registerProcessor("recording", Recording);
