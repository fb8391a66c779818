/** The portal while somebody talks: a draft is tried by its store, and what is said shows where calls are watched. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fitsItsWidth } from "./accessible.js";
import { ask, launch, setting, STORE } from "./browsers.js";
import * as button from "./button.js";
import { Caller } from "./calls.js";
import { Visitor } from "./portals.js";

const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${join(setting("SPEECH"), "microphone.wav")}%noloop`,
];
const GREETING = "Leaf and Lily, good day to you.";
const CHANGED = "Leaf and Lily, welcome back.";
const account = { email: `calls-${randomUUID()}@storeline.example`, password: "four words of ours" };

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {Visitor} */
let editor;
/** @type {Visitor} */
let watcher;
/** @type {Visitor} */
let colleague;
before(async () => {
  browser = await launch("chrome", FLAGS);
  editor = await Visitor.in(await browser.createBrowserContext());
  watcher = await Visitor.in(await browser.createBrowserContext());
  colleague = await Visitor.in(await browser.createBrowserContext());
  await editor.signsUp("Leaf", account);
  for (const visitor of [watcher, colleague]) await visitor.logsIn(account);
});
after(() => browser?.close());

/**
 * Note when each of these pages first shows a line of a transcript.
 * @param {import("puppeteer-core").Page} page
 */
async function notesWhen(page) {
  await page.evaluate(() => {
    /** @type {Map<string, number>} */
    const shown = new Map();
    Object.assign(window, { shown });
    new MutationObserver(() => {
      for (const line of document.querySelectorAll("[role=log] p")) {
        const words = line.textContent?.replace(/^(You|Caller|Assistant): /, "").replace(/answered in.*$/, "") ?? "";
        if (!shown.has(words)) shown.set(words, performance.timeOrigin + performance.now());
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
}

/**
 * How much later than the caller a watcher saw each line, in ms.
 * @param {import("puppeteer-core").Page} caller
 * @param {import("puppeteer-core").Page} watcher
 */
async function delays(caller, watcher) {
  const [first, second] = await Promise.all(
    [caller, watcher].map((page) => page.evaluate(() => [.../** @type {any} */ (window).shown])),
  );
  const seen = new Map(second);
  return first
    .filter(([words]) => seen.has(words))
    .map(([words, at]) => `${Math.round(seen.get(words) - at)} ms: ${words}`);
}

/**
 * Wait for words in one of the portal's transcripts.
 * @param {Visitor} visitor
 * @param {string} transcript
 * @param {string} words
 */
async function reads({ page }, transcript, words) {
  await page.waitForSelector(`[role=log][aria-label="${transcript}"] ::-p-text(${words})`);
}

test("What is saved is heard in a test call, and what is said shows in Live while it goes on", async (called) => {
  await watcher.open("/live");
  await watcher.sees("Nobody is calling");
  await editor.open("/assistant");
  await editor.presses("New assistant");
  await editor.types("Greeting", GREETING);
  await editor.presses("Save draft");
  await editor.sees("Draft differs");
  await editor.presses("Talk to the draft");
  for (const { page } of [editor, watcher]) await notesWhen(page);
  await reads(editor, "What was said", "Leaf and Lily");
  await reads(watcher, "What is said", "Leaf and Lily");
  await reads(watcher, "What is said", "Saturday");
  await reads(editor, "What was said", "Saturday");
  await reads(editor, "What was said", "answered in");
  await watcher.presses("Hold");
  await watcher.sees("The caller is on hold, and hears music.");
  await watcher.photographs("live-held-light");
  await watcher.looks("dark", 360);
  await watcher.photographs("live-held-dark");
  await fitsItsWidth(watcher.page);
  await watcher.looks("light", 1280);
  await watcher.presses("Resume");
  await watcher.sees("Hold");
  called.diagnostic(`Later in Live than at the caller's: ${(await delays(editor.page, watcher.page)).join("; ")}`);
});

test("Staff takes the call over, every colleague is told, and hands it back", async () => {
  await colleague.open("/live");
  await watcher.presses("Listen in");
  await watcher.presses("Take over");
  await watcher.sees("The caller hears you now");
  await colleague.sees("A colleague speaks to the caller");
  await colleague.presses("Listen in");
  await colleague.page.waitForFunction(() =>
    [...document.querySelectorAll("button")].some(({ innerText, disabled }) => innerText === "Take over" && disabled),
  );
  await watcher.presses("Hand back");
  await colleague.page.waitForFunction(() => !document.body.innerText.includes("A colleague speaks"));
});

test("Whoever leaves the screen has hung up", async () => {
  await editor.presses("Knowledge", "link");
  await editor.isAt("/knowledge");
  await watcher.sees("Nobody is calling");
});

test("What is edited and published is what the next call hears", async () => {
  await editor.presses("Assistant", "link");
  await editor.sees("Not published");
  await editor.types("Greeting", CHANGED);
  await editor.presses("Publish");
  await editor.sees("Version 1 answers");
  const caller = await Caller.at(browser, STORE);
  const login = await ask(caller.page, "POST", `${STORE}/store/auth/login`, { json: account });
  const accessToken = login.body.access_token;
  await caller.call({ endpoint: `${STORE}/store/voice/start`, accessToken, about: { transport: "webrtc" } });
  await caller.hears(/Leaf and Lily, welcome back/);
  await caller.leave();
  caller.assertAtEase();
});

test("A button for the website is tried where it is made", async () => {
  const { page } = editor;
  await editor.open("/developers");
  await editor.presses("New button");
  await editor.types("Name", "Home page");
  await editor.types("Sites that may have it", "https://leaf.example");
  await editor.presses("Make the button");
  await editor.presses("Try it here");
  await button.press(page, "Talk to us");
  await button.reads(page, /Leaf and Lily, welcome back/);
  await button.is(page, "listening");
  await editor.photographs("developers-button-tried");
  await button.press(page, "Hang up");
  await button.reads(page, /The conversation is over/);
  await editor.presses("Take it away");
  await page.waitForFunction(() => !document.querySelector("storeline-widget"));
});

test("Without a microphone there is no call, and one is told why", async () => {
  await editor.open("/assistant");
  await editor.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("refused", "NotAllowedError"));
  });
  await editor.presses("Talk to the draft");
  await editor.sees("The browser did not give access to a microphone.");
  for (const visitor of [editor, watcher, colleague]) visitor.assertAtEase();
});
