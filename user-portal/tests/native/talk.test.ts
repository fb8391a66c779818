/** A call as devices make it; tests/e2e/test_native_app.py starts the server, at EXPO_PUBLIC_API_ORIGIN, and runs it. */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NativeModules } from "react-native";
import { start } from "@/features/talk/api";
import { Call } from "@/features/talk/call";
import { openFallback, openLine } from "@/features/talk/line";
import { wanted } from "@/lib/api/client";
import { anybody, session } from "@/lib/session";
import { device } from "./webrtc";

const DEADLINE_MS = 60_000;
const modes: string[] = [];

beforeAll(async () => {
  NativeModules.WebRTCModule = { setDailyAudioMode: (mode: string) => modes.push(mode) };
  const body = { email: `native-${randomUUID()}@storeline.example`, password: "four words of ours", name: "Robin" };
  await session.begin(await wanted(anybody.POST("/user/auth/signup", { body })));
});
afterAll(() => device.microphone.close());

/** Somebody's question, as `say` takes it; SPEECH is the folder. */
function question(name: string): Int16Array {
  const pcm = readFileSync(join(process.env["SPEECH"] ?? "", `${name}.pcm`));
  return new Int16Array(new Uint8Array(pcm).buffer);
}

async function until(holds: () => boolean, told: () => unknown): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it did not happen; ${JSON.stringify(told())}`);
    await new Promise((waited) => setTimeout(waited, 20));
  }
}

test("A spoken question is answered aloud, over the transport of devices", async () => {
  const call = new Call(
    { store: "marlow-garden" },
    { openLine, openFallback, start, renew: () => session.renew() },
    { muted: false },
  );
  const reads = (words: RegExp) =>
    until(
      () => call.state.captions.some(({ mine, text }) => !mine && words.test(text)),
      () => call.state,
    );
  await call.open();
  expect(call.state).toMatchObject({ phase: "live", ending: null });
  await reads(/Hello, this is Ivy at Marlow Garden/);
  await until(
    () => device.heard > 0 && call.state.doing === "listening",
    () => call.state,
  );
  expect(call.state.measures.connected).toBe(true);

  const greeted = device.heard;
  device.microphone.say(question("hours"));
  await reads(/9 AM to 5:30 PM/);
  await until(
    () => device.heard > greeted,
    () => device.heard,
  );
  expect(call.state.captions.some(({ mine, text }) => mine && /Saturday/.test(text))).toBe(true);
  expect(call.state.latencyMs).toBeGreaterThan(0);

  await call.hangUp();
  expect(call.state.ending).toBe("left");
  // Aloud while it lasts; other apps' sound comes back afterwards.
  expect(modes).toEqual(["video", "idle"]);
});
