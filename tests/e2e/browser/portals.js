/** The store's portal in a browser: somebody who looks at it, types and presses. */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setting, STORE } from "./browsers.js";

/** @typedef {import("puppeteer-core").Page} Page */

const DEADLINE_MS = 45_000;
const MOST_TABS = 40;

export class Visitor {
  /** @type {string[]} What was asked of other machines. */
  strangers = [];
  /** @type {string[]} What the browser complained about, such as the page's policy. */
  complaints = [];

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(DEADLINE_MS);
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (!["data:", "blob:"].includes(protocol) && origin !== STORE) this.strangers.push(request.url());
    });
    page.on("console", (message) => {
      // A refusal of the API is no mistake of the page.
      if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** @param {import("puppeteer-core").Browser | import("puppeteer-core").BrowserContext} browser */
  static async in(browser) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 860 });
    return new Visitor(page);
  }

  /** @param {string} path */
  async open(path) {
    await this.page.goto(`${STORE}${path}`);
  }

  /** @param {string} text in what is shown */
  async sees(text) {
    await this.page.waitForFunction((text) => document.body.innerText.includes(text), {}, text);
  }

  /**
   * @param {string} label
   * @param {string} text
   */
  async types(label, text) {
    await this.page.locator(`::-p-aria(${label})`).fill(text);
  }

  /**
   * @param {string} name
   * @param {"button" | "link" | "menuitem"} [role]
   */
  async presses(name, role = "button") {
    await this.page.locator(`::-p-aria([name="${name}"][role="${role}"])`).click();
  }

  /** @param {string} path */
  async isAt(path) {
    await this.page.waitForFunction((path) => location.pathname === path, {}, path);
  }

  /**
   * Make an account, and be in it.
   * @param {string} store its name
   * @param {{email: string, password: string}} account
   */
  async signsUp(store, { email, password }) {
    await this.open("/signup");
    await this.types("Name of the store", store);
    await this.types("E-mail", email);
    await this.types("Password", password);
    await this.presses("Make the account");
    await this.isAt("/");
  }

  /** @param {{email: string, password: string}} account */
  async logsIn({ email, password }) {
    await this.open("/login");
    await this.types("E-mail", email);
    await this.types("Password", password);
    await this.presses("Log in");
    await this.isAt("/");
  }

  /**
   * Keep what it looks like from top to bottom, for people to look at.
   * @param {string} name
   */
  async photographs(name) {
    const folder = setting("SCREENSHOTS");
    mkdirSync(folder, { recursive: true });
    const before = this.page.viewport();
    const hidden = await this.page.evaluate(() => {
      const main = document.querySelector("main");
      return main ? main.scrollHeight - main.clientHeight : 0;
    });
    if (before) await this.page.setViewport({ ...before, height: before.height + hidden });
    // What was below is laid out and painted.
    await this.page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => setTimeout(painted, 100))));
    await this.page.screenshot({ path: /** @type {`${string}.png`} */ (join(folder, `${name}.png`)) });
    await this.page.setViewport(before);
  }

  /**
   * Look with these eyes, at a screen of this width in px, on which nothing moves.
   * @param {"light" | "dark"} look
   * @param {number} width
   */
  async looks(look, width) {
    await this.page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: look },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await this.page.setViewport({ width, height: width > 800 ? 860 : 740 });
  }

  /**
   * Go on with the keyboard alone until this has the focus.
   * @param {string} name
   */
  async tabsTo(name) {
    for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
      await this.page.keyboard.press("Tab");
      const focused = await this.page.evaluate(() => {
        const element = /** @type {HTMLInputElement | null} */ (document.activeElement);
        return element?.ariaLabel ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? "";
      });
      if (focused.trim() === name) return;
    }
    assert.fail(`no key leads to ${name}`);
  }

  assertAtEase() {
    assert.deepEqual(this.strangers, []);
    assert.deepEqual(this.complaints, []);
  }
}
