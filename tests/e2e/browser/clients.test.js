/** The official client and both of its transports, unmodified, against the real server with its own models. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { ask, launch, setting, STORE, USER } from "./browsers.js";
import { Caller } from "./calls.js";

const FLAGS = [
  "--autoplay-policy=no-user-gesture-required",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${join(setting("SPEECH"), "microphone.wav")}%noloop`,
];
const PASSWORD = "watering-can";
const GREETING = /^Hello, this is Ivy at Marlow Garden\. How can I help\?/;
const HOURS = /9 AM to 5:30 PM/;
const PRICE = /\$29/;

/** @type {import("puppeteer-core").Browser} */
let browser;
beforeEach(async () => {
  browser = await launch("chrome", FLAGS);
});
afterEach(() => browser?.close());

/** @param {{device?: boolean}} [options] */
async function user(options) {
  const caller = await Caller.at(browser, USER, options);
  const json = { email: "demo@storeline.example", password: PASSWORD };
  const login = await ask(caller.page, "POST", `${USER}/user/auth/login`, { json });
  return { caller, call: { endpoint: `${USER}/user/voice/start`, accessToken: login.body.access_token } };
}

for (const transport of /** @type {const} */ (["websocket", "webrtc"])) {
  describe(`Over ${transport}`, () => {
    test("questions spoken and typed are answered aloud, and the client tells everything", async () => {
      const { caller, call } = await user();
      await caller.call({ ...call, about: { store: "marlow-garden", transport } });
      await caller.hears(GREETING);
      writeFileSync(join(setting("HEARD"), `${transport}.pcm`), await caller.heard());
      const greeted = caller.now;

      await caller.say("hours");
      await caller.hears(HOURS, greeted);
      const answered = caller.now;
      const asked = await caller.until("userTranscript", { from: greeted, where: (data) => data.final });
      assert.match(asked.text, /Saturday/i);

      await caller.write("How much is the snake plant?");
      await caller.hears(PRICE, answered);

      for (const name of [
        "connected",
        "botReady",
        "userStartedSpeaking",
        "userStoppedSpeaking",
        "botStartedSpeaking",
      ]) {
        assert.ok(caller.count(name) > 0, name);
      }
      await caller.until("metrics", { where: (data) => data.ttfb?.length });
      const latency = await caller.until("serverMessage", { where: (data) => data.type === "turn-latency" });
      assert.equal(latency.answered_by, "grounded");

      await caller.leave();
      await caller.until("disconnected");
      caller.assertAtEase();
    });

    test("whoever speaks over the assistant is answered instead", async () => {
      const { caller, call } = await user();
      await caller.call({ ...call, about: { store: "marlow-garden", transport } });
      await caller.until("botStartedSpeaking");
      await caller.say("price");
      // What is answered depends on every word, and the first of them was spoken over another voice.
      await caller.until("userTranscript", { where: (data) => data.final && /plant/i.test(data.text) });
      await caller.until("botStartedSpeaking", {
        from: caller.events.findLastIndex(({ name }) => name === "userTranscript"),
      });
      assert.doesNotMatch(caller.said(), GREETING);
      await caller.leave();
      caller.assertAtEase();
    });
  });
}

test("The browser's own microphone is heard", async () => {
  const { caller, call } = await user({ device: true });
  await caller.call({ ...call, about: { store: "marlow-garden", transport: "websocket" } });
  await caller.hears(HOURS);
  await caller.leave();
  caller.assertAtEase();
});

test("A store talks to its own assistant", async () => {
  const caller = await Caller.at(browser, STORE);
  const json = { email: "marlow@storeline.example", password: PASSWORD };
  const login = await ask(caller.page, "POST", `${STORE}/store/auth/login`, { json });
  const accessToken = login.body.access_token;
  await caller.call({ endpoint: `${STORE}/store/voice/start`, accessToken, about: { transport: "webrtc" } });
  await caller.hears(GREETING);
  await caller.leave();
  caller.assertAtEase();
});

test("A call that is refused fails in the client at once", async () => {
  const { caller, call } = await user();
  await assert.rejects(caller.call({ ...call, about: { store: "nobody", transport: "websocket" } }));
  const { data } = await caller.until("error");
  assert.deepEqual(data, { message: "Not Found", fatal: true });
});
