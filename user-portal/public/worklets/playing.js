/** Plays what a socket brings: mono, 16 bits, at the rate of its context. */

// Enough for a network's usual unevenness. The server sends at the pace of speech, so no more than a stall gathers.
const FIRST_S = 0.12;

class Playing extends AudioWorkletProcessor {
  #chunks = [];
  #at = 0;
  #waiting = 0;
  #begun = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }) => {
      const samples = new Int16Array(data);
      this.#chunks.push(samples);
      this.#waiting += samples.length;
    };
  }

  process(_inputs, outputs) {
    const out = outputs[0]?.[0];
    this.#begun ||= this.#waiting > FIRST_S * sampleRate;
    if (!out || !this.#begun) return true;
    for (let index = 0; index < out.length; index += 1) {
      const chunk = this.#chunks[0];
      if (!chunk) {
        this.#begun = false;
        break;
      }
      out[index] = chunk[this.#at] / 32768;
      this.#at += 1;
      this.#waiting -= 1;
      if (this.#at >= chunk.length) {
        this.#chunks.shift();
        this.#at = 0;
      }
    }
    return true;
  }
}

registerProcessor("playing", Playing);
