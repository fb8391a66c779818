/** The website widget on a page of another site, whose policy allows it and nothing else. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hearingAndSpeaking } from "./air.js";
import { ask, launch, open, setting, STORE } from "./browsers.js";
import { is, press, reads } from "./button.js";
import { Network } from "./network.js";

const SHOP = "http://flowers.localhost";
const STRANGER = "http://elsewhere.localhost";
const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${join(setting("SPEECH"), "microphone.wav")}%noloop`,
];

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
/** @type {Network | undefined} */
let network;
after(async () => {
  await browser?.close();
  network?.close();
});

/** @param {string} origin @param {(page: import("puppeteer-core").Page) => Promise<unknown>} [prepare] */
async function visit(origin, prepare) {
  const policy = `default-src 'none'; script-src ${STORE}; connect-src ${STORE}`;
  const body = `<!doctype html><html lang="en"><head><title>Flowers</title>
    <meta http-equiv="Content-Security-Policy" content="${policy}"></head>
    <body><h1>Flowers</h1>${widget.script}</body></html>`;
  const files = {
    [`${origin}/`]: { type: "text/html", body },
    // A browser asks by itself.
    [`${origin}/favicon.ico`]: { type: "image/x-icon", body: "" },
  };
  const { page, strangers } = await open(browser, `${origin}/`, files, prepare);
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.waitForSelector("storeline-widget");
  return { page, strangers, complaints };
}

/** Keep what it looks like, for people to look at. @param {import("puppeteer-core").Page} page @param {string} name */
async function photographs(page, name) {
  const folder = setting("SCREENSHOTS");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: /** @type {`${string}.png`} */ (join(folder, `${name}.png`)) });
}

test("A visitor talks, reads what is said, and hangs up", async () => {
  const { page, strangers, complaints } = await visit(SHOP);
  await press(page, "Talk to us");
  await reads(page, /Hello, this is Ivy at Marlow Garden/);
  await reads(page, /You: .*Saturday/);
  await reads(page, /9 AM to 5:30 PM/);
  await is(page, "listening");
  await photographs(page, "widget");
  await press(page, "Hang up");
  await reads(page, /The conversation is over/);
  assert.deepEqual(strangers, []);
  assert.deepEqual(complaints, []);
  await page.close();
});

test("A visitor whose network is lost goes on where they were", async () => {
  const { page } = await visit(SHOP, async (page) => {
    network = await Network.before(page);
    await page.evaluateOnNewDocument(hearingAndSpeaking);
  });
  assert.ok(network);
  await press(page, "Talk to us");
  await is(page, "listening");
  await reads(page, /How can I help/);

  network.cut = true;
  await page.setOfflineMode(true);
  await is(page, "away");
  await photographs(page, "widget-away");
  network.cut = false;
  await page.setOfflineMode(false);
  await is(page, "listening");

  const wav = readFileSync(join(setting("SPEECH"), "hours.wav")).toString("base64");
  await page.evaluate((wav) => /** @type {any} */ (window).air.say(wav), wav);
  await reads(page, /Hello, this is Ivy.*You: .*Saturday.*9 AM to 5:30 PM/s);
  await press(page, "Hang up");
  await is(page, "ended");
  await page.close();
});

test("On a page of another site it says that it does not work", async () => {
  const { page } = await visit(STRANGER);
  await press(page, "Talk to us");
  await reads(page, /That did not work/);
  await is(page, "error");
  await page.close();
});
