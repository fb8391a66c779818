/** Calls from a page of the API's own origin, with the official client. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { open, setting } from "./browsers.js";

/** @typedef {{name: string, data: any}} Event */
/** @typedef {Omit<import("./example.js").Call, "callbacks">} Call */

const DEADLINE_MS = 60_000;
const PAGE = fileURLToPath(new URL("page.js", import.meta.url));

const bundled = buildSync({ entryPoints: [PAGE], bundle: true, format: "esm", write: false, logLevel: "error" });
const script = /** @type {import("esbuild").OutputFile} */ (bundled.outputFiles[0]).text;

/** One page with a client, and what the client tells. */
export class Caller {
  /** @type {Event[]} */
  events = [];
  #waiting = new Set();

  /**
   * @param {import("puppeteer-core").Page} page
   * @param {string[]} strangers
   */
  constructor(page, strangers) {
    this.page = page;
    this.strangers = strangers;
  }

  /**
   * @param {import("puppeteer-core").Browser} browser
   * @param {string} origin
   * @param {{device?: boolean}} [options] `device`: use the browser's own microphone instead of `say`
   */
  static async at(browser, origin, { device = false } = {}) {
    const speech = setting("SPEECH");
    const { page, strangers } = await open(browser, `${origin}/call${device ? "#device" : ""}`, {
      [`${origin}/page.js`]: { type: "text/javascript", body: script },
      [`${origin}/hours.wav`]: { type: "audio/wav", body: readFileSync(join(speech, "hours.wav")) },
      [`${origin}/price.wav`]: { type: "audio/wav", body: readFileSync(join(speech, "price.wav")) },
    });
    const caller = new Caller(page, strangers);
    await page.exposeFunction("tell", (/** @type {string} */ name, /** @type {unknown} */ data) => {
      caller.events.push({ name, data });
      for (const look of caller.#waiting) look();
    });
    await page.addScriptTag({ type: "module", url: "/page.js" });
    return caller;
  }

  /** @param {Call} call */
  async call(call) {
    await this.page.evaluate((call) => /** @type {any} */ (window).session.call(call), call);
  }

  /**
   * Speak a recording into the microphone.
   * @param {"hours" | "price"} question
   */
  async say(question) {
    await this.page.evaluate((url) => /** @type {any} */ (window).session.say(url), `/${question}.wav`);
  }

  /** @param {string} text */
  async write(text) {
    await this.page.evaluate((text) => /** @type {any} */ (window).session.client.sendText(text), text);
  }

  async leave() {
    await this.page.evaluate(() => /** @type {any} */ (window).session.client.disconnect());
  }

  /** What came out of the speakers: 16-bit LE mono at 16 kHz. */
  async heard() {
    const text = await this.page.evaluate(() => /** @type {any} */ (window).session.heard());
    return Buffer.from(text, "base64");
  }

  /** How many events there were so far: a place to wait from. */
  get now() {
    return this.events.length;
  }

  /**
   * Wait for an event after the first `from` of them, and return its data.
   * @param {string} name
   * @param {{from?: number, where?: (data: any) => boolean}} [wanted]
   * @returns {Promise<any>}
   */
  async until(name, { from = 0, where = () => true } = {}) {
    const find = () => this.events.slice(from).find((event) => event.name === name && where(event.data));
    const { promise, resolve, reject } = withResolvers();
    const look = () => find() && resolve(undefined);
    const late = setTimeout(() => reject(new Error(`no ${name} came; what came: ${this.told()}`)), DEADLINE_MS);
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(late);
      this.#waiting.delete(look);
    }
    return find()?.data;
  }

  /**
   * What the assistant has said after the first `from` events.
   * @param {number} from
   */
  said(from = 0) {
    const outputs = this.events.slice(from).filter(({ name, data }) => name === "botOutput" && data.spoken);
    return outputs.map(({ data }) => data.text).join(" ");
  }

  /**
   * Wait until the assistant has said this after the first `from` events, and is silent again.
   * @param {RegExp} what
   * @param {number} [from]
   */
  async hears(what, from = 0) {
    await this.until("botOutput", { from, where: () => what.test(this.said(from)) });
    const said = this.events.findLastIndex(({ name }) => name === "botOutput");
    await this.until("botStoppedSpeaking", { from: said });
  }

  /** @param {string} name */
  count(name) {
    return this.events.filter((event) => event.name === name).length;
  }

  told() {
    return this.events.map(({ name, data }) => `\n${name} ${JSON.stringify(data)}`).join("");
  }

  /** Nothing went wrong, and nothing was asked of any other machine. */
  assertAtEase() {
    assert.deepEqual(this.strangers, []);
    assert.deepEqual(
      this.events.filter(({ name }) => ["error", "messageError", "deviceError"].includes(name)),
      [],
    );
  }
}

function withResolvers() {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  /** @type {(reason: Error) => void} */
  let reject = () => {};
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}
