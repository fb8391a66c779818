/** The portal while somebody talks: a draft is tried by its store, and what is said shows where calls are watched. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, setting } from "./browsers.js";
import { Visitor } from "./portals.js";

const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${join(setting("SPEECH"), "microphone.wav")}%noloop`,
];
const GREETING = "Leaf and Lily, good day to you.";
const account = { email: `calls-${randomUUID()}@storeline.example`, password: "four words of ours" };

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {Visitor} */
let editor;
/** @type {Visitor} */
let watcher;
before(async () => {
  browser = await launch("chrome", FLAGS);
  editor = await Visitor.in(await browser.createBrowserContext());
  watcher = await Visitor.in(await browser.createBrowserContext());
  await editor.open("/signup");
  await editor.types("Name of the store", "Leaf");
  await editor.types("E-mail", account.email);
  await editor.types("Password", account.password);
  await editor.presses("Make the account");
  await editor.isAt("/");
  await watcher.logsIn(account);
});
after(() => browser?.close());

/**
 * Wait for words in one of the portal's transcripts.
 * @param {Visitor} visitor
 * @param {string} transcript
 * @param {string} words
 */
async function reads({ page }, transcript, words) {
  await page.waitForSelector(`[role=log][aria-label="${transcript}"] ::-p-text(${words})`);
}

test("What is saved is heard in a test call, and what is said shows in Live while it goes on", async () => {
  await watcher.open("/live");
  await watcher.sees("Nobody is calling");
  await editor.open("/assistant");
  await editor.presses("New assistant");
  await editor.types("Greeting", GREETING);
  await editor.presses("Save draft");
  await editor.sees("Draft differs");
  await editor.presses("Talk to the draft");
  await reads(editor, "What was said", "Leaf and Lily");
  await reads(watcher, "What is said", "Leaf and Lily");
  await reads(watcher, "What is said", "Saturday");
  await reads(editor, "What was said", "Saturday");
});

test("Whoever leaves the screen has hung up", async () => {
  await editor.presses("Knowledge", "link");
  await editor.isAt("/knowledge");
  await watcher.sees("Nobody is calling");
});

test("Nobody else hears a draft before it is published", async () => {
  await editor.presses("Assistant", "link");
  await editor.sees("Not published");
  await editor.presses("Publish");
  await editor.sees("Version 1 answers");
});

test("Without a microphone there is no call, and one is told why", async () => {
  await editor.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
  });
  await editor.presses("Talk to the draft");
  await editor.sees("The browser did not give access to a microphone.");
  for (const visitor of [editor, watcher]) visitor.assertAtEase();
});
