/** The website widget on a page of another site, whose policy allows it and nothing else. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask, launch, open, setting, STORE } from "./browsers.js";

const SHOP = "http://flowers.localhost";
const STRANGER = "http://elsewhere.localhost";
const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${join(setting("SPEECH"), "microphone.wav")}%noloop`,
];
const DEADLINE_MS = 60_000;

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {{key: string, script: string}} */
let widget;
before(async () => {
  browser = await launch("chrome", FLAGS);
  const { page } = await open(browser, `${STORE}/call`);
  const json = { email: "marlow@storeline.example", password: "watering-can" };
  const { body: login } = await ask(page, "POST", `${STORE}/store/auth/login`, { json });
  const made = await ask(page, "POST", `${STORE}/store/widgets`, {
    json: { name: "Flowers", origins: [SHOP] },
    bearer: login.access_token,
  });
  assert.equal(made.status, 201);
  widget = made.body;
  await page.close();
});
after(() => browser?.close());

/** @param {string} origin */
async function visit(origin) {
  const policy = `default-src 'none'; script-src ${STORE}; connect-src ${STORE}`;
  const body = `<!doctype html><html lang="en"><head><title>Flowers</title>
    <meta http-equiv="Content-Security-Policy" content="${policy}"></head>
    <body><h1>Flowers</h1>${widget.script}</body></html>`;
  const { page, strangers } = await open(browser, `${origin}/`, {
    [`${origin}/`]: { type: "text/html", body },
    // A browser asks by itself.
    [`${origin}/favicon.ico`]: { type: "image/x-icon", body: "" },
  });
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.waitForSelector("storeline-widget");
  return { page, strangers, complaints };
}

/** @param {import("puppeteer-core").Page} page @param {string} label */
async function press(page, label) {
  await page.locator(`storeline-widget >>> ::-p-aria([name="${label}"][role="button"])`).click();
}

/** @param {import("puppeteer-core").Page} page @param {RegExp} words */
async function reads(page, words) {
  await page.waitForFunction(
    (source) => {
      const root = document.querySelector("storeline-widget")?.shadowRoot;
      return new RegExp(source, "i").test(root?.querySelector(".panel")?.textContent ?? "");
    },
    { timeout: DEADLINE_MS },
    words.source,
  );
}

test("A visitor talks, reads what is said, and hangs up", async () => {
  const { page, strangers, complaints } = await visit(SHOP);
  await press(page, "Talk to us");
  await reads(page, /Hello, this is Ivy at Marlow Garden/);
  await reads(page, /You: .*Saturday/);
  await reads(page, /9 AM to 5:30 PM/);
  await page.waitForSelector('storeline-widget[data-state="listening"]', { timeout: DEADLINE_MS });
  const pictures = process.env["PICTURES"];
  if (pictures) await page.screenshot({ path: /** @type {`${string}.png`} */ (join(pictures, "widget.png")) });
  await press(page, "Hang up");
  await reads(page, /The conversation is over/);
  assert.deepEqual(strangers, []);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("On a page of another site it says that it does not work", async () => {
  const { page } = await visit(STRANGER);
  await press(page, "Talk to us");
  await reads(page, /That did not work/);
  await page.waitForSelector('storeline-widget[data-state="error"]');
  await page.close();
});
