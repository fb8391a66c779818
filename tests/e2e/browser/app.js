/** The user's app in a phone-sized Chromium: what a person does with it, and what they hear. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, setting, USER } from "./browsers.js";
import { Network } from "./network.js";

const DEADLINE_MS = 30_000;
const SCREENSHOTS = fileURLToPath(new URL("../../../user-portal/screenshots/", import.meta.url));
const FLAGS = ["--autoplay-policy=no-user-gesture-required", "--use-fake-ui-for-media-stream"];

/** One person with the app. */
export class Person {
  /** @type {string[]} */
  strangers = [];
  /** @type {string[]} */
  complaints = [];

  /**
   * @param {import("puppeteer-core").Browser} browser
   * @param {import("puppeteer-core").Page} page
   * @param {Network} network
   */
  constructor(browser, page, network) {
    this.browser = browser;
    this.page = page;
    this.network = network;
  }

  /** A phone with a microphone that `say` speaks into, and an ear at its loudspeaker. */
  static async withPhone() {
    const browser = await launch("chrome", FLAGS);
    const page = await browser.newPage();
    const person = new Person(browser, page, await Network.before(page));
    await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (protocol.startsWith("http") && !hostname.endsWith(".localhost")) person.strangers.push(request.url());
    });
    page.on("console", (message) => {
      // A refusal is an answer.
      const refused = message.text().includes("the server responded with a status of 4");
      if (message.type() === "error" && !refused) person.complaints.push(message.text());
    });
    page.on("pageerror", (error) => person.complaints.push(String(error)));
    await page.evaluateOnNewDocument(hearingAndSpeaking);
    return person;
  }

  /** @param {string} [path] */
  async open(path = "/") {
    await this.page.goto(`${USER}${path}`);
  }

  /** @param {string} label */
  async press(label) {
    await this.page.locator(`::-p-aria(${label})`).setTimeout(DEADLINE_MS).click();
  }

  /**
   * @param {string} label
   * @param {string} text
   * @param {"textbox" | "searchbox"} [role]
   */
  async fill(label, text, role = "textbox") {
    await this.page.locator(`::-p-aria([name="${label}"][role="${role}"])`).setTimeout(DEADLINE_MS).fill(text);
  }

  /**
   * Wait until this can be read on the screen.
   * @param {RegExp} words
   */
  async reads({ source, flags }) {
    await this.page
      .waitForFunction(
        (source, flags) => new RegExp(source, flags).test(document.body.innerText),
        {
          timeout: DEADLINE_MS,
        },
        source,
        flags,
      )
      .catch(async () => assert.fail(`no /${source}/ in: ${await this.page.evaluate(() => document.body.innerText)}`));
  }

  /**
   * Speak a recording into the microphone.
   * @param {"hours" | "price"} question
   */
  async say(question) {
    const wav = readFileSync(join(setting("SPEECH"), `${question}.wav`)).toString("base64");
    await this.page.evaluate((wav) => /** @type {any} */ (window).air.say(wav), wav);
  }

  /** Wait until the loudspeaker has been this silent, or loud, for a third of a second. @param {boolean} loud */
  async hears(loud) {
    await this.page.waitForFunction(
      (loud) => /** @type {any} */ (window).air.isLoud() === loud,
      {
        timeout: DEADLINE_MS,
        polling: 50,
      },
      loud,
    );
  }

  /**
   * Take a picture of the screen, in light and dark.
   * @param {string} name
   */
  async shoot(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    for (const value of ["light", "dark"]) {
      await this.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      await this.page.screenshot({ path: join(SCREENSHOTS, `${name}-${value}.png`) });
    }
  }

  /** Lose the network, or find it again. @param {boolean} offline */
  async lose(offline) {
    this.network.cut = offline;
    await this.page.setOfflineMode(offline);
  }

  async leave() {
    await this.browser.close();
    this.network.close();
  }

  /** Nothing was asked of another machine, and the browser had nothing to complain of: no policy was broken. */
  assertAtEase() {
    assert.deepEqual(this.strangers, []);
    assert.deepEqual(this.complaints, []);
  }
}

/** Runs in the page before the app does. */
function hearingAndSpeaking() {
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
