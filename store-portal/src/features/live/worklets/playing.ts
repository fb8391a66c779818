/** Plays what a socket brings: interleaved stereo, 16 bits, at the rate of its context. */

// Enough for a network's usual unevenness; what is older than the longest delay is of no use.
const FIRST_S = 0.16;
const LONGEST_S = 0.8;

class Playing extends AudioWorkletProcessor {
  #frames: Int16Array[] = [];
  #at = 0;
  #waiting = 0;
  #begun = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const samples = new Int16Array(data);
      this.#frames.push(samples);
      this.#waiting += samples.length / 2;
      while (this.#waiting > LONGEST_S * sampleRate) this.#drop();
    };
  }

  override process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [left, right] = outputs[0] ?? [];
    if (!left || !right) return true;
    this.#begun ||= this.#waiting > FIRST_S * sampleRate;
    if (!this.#begun) return true;
    for (let index = 0; index < left.length; index += 1) {
      const frame = this.#frames[0];
      if (!frame) {
        this.#begun = false;
        break;
      }
      left[index] = (frame[this.#at] ?? 0) / 32768;
      right[index] = (frame[this.#at + 1] ?? 0) / 32768;
      this.#at += 2;
      this.#waiting -= 1;
      if (this.#at >= frame.length) {
        this.#frames.shift();
        this.#at = 0;
      }
    }
    return true;
  }

  #drop(): void {
    const dropped = this.#frames.shift();
    if (dropped) this.#waiting -= (dropped.length - this.#at) / 2;
    this.#at = 0;
  }
}

registerProcessor("playing", Playing);
