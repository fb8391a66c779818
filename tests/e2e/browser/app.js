/** The user's app in a phone-sized Chromium: what a person does with it, and what they hear. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hearingAndSpeaking } from "./air.js";
import { launch, setting, USER } from "./browsers.js";
import { Network } from "./network.js";

const DEADLINE_MS = 30_000;
// A page that hides does not repaint.
const REPAINTED_MS = 3_000;
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
      await this.#repainted(value === "dark");
      await this.page.screenshot({ path: join(SCREENSHOTS, `${name}-${value}.png`) });
    }
  }

  /** Wait until all headings that show are light on dark, or dark on light; a picture is no test. @param {boolean} dark */
  async #repainted(dark) {
    const repainted = this.page.waitForFunction(
      (dark) =>
        [...document.querySelectorAll("h1, h2, h3, [role=heading]")].every((heading) => {
          // Screens below this one rest.
          if (!heading.checkVisibility()) return true;
          const [red = 0] = getComputedStyle(heading).color.match(/\d+/g)?.map(Number) ?? [];
          return red > 127 === dark;
        }),
      { timeout: REPAINTED_MS, polling: 50 },
      dark,
    );
    await repainted.catch(() => undefined);
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
