/**
 * What can be built of the apps without Gradle and Xcode: bytecode that Hermes' own compiler has accepted, and both native
 * projects, which may ask a person for the microphone and for nothing else.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = new URL("..", import.meta.url).pathname;
const BYTECODE = join(ROOT, ".expo/native");
// https://github.com/facebook/hermes/blob/main/include/hermes/BCGen/HBC/BytecodeFileFormat.h
const HERMES_MAGIC = 0x1f1903c103bc1fc6n;

const run = promisify(execFile);
const expo = (...args) =>
  run(join(ROOT, "node_modules/.bin/expo"), args, {
    cwd: ROOT,
    env: { ...process.env, EXPO_OFFLINE: "1", EXPO_NO_TELEMETRY: "1", EXPO_NO_GIT_STATUS: "1", CI: "1" },
  });

rmSync(BYTECODE, { recursive: true, force: true });
await expo("export", "--platform", "android", "--platform", "ios", "--output-dir", BYTECODE);
for (const platform of ["android", "ios"]) {
  const folder = join(BYTECODE, "_expo/static/js", platform);
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".hbc"));
  assert.ok(name, `no bytecode for ${platform}`);
  assert.equal(readFileSync(join(folder, name)).readBigUInt64LE(), HERMES_MAGIC, `${platform}: not Hermes bytecode`);
}

await expo("prebuild", "--clean", "--no-install", "--template", join(ROOT, "node_modules/expo/template.tgz"));
const manifest = readFileSync(join(ROOT, "android/app/src/main/AndroidManifest.xml"), "utf8");
const permissions = [...manifest.matchAll(/<uses-permission ([^>]*)\/>/g)].map(([, attributes]) => ({
  name: /android:name="android\.permission\.(\w+)"/.exec(attributes)?.[1],
  removed: attributes.includes('tools:node="remove"'),
}));
const asked = permissions.filter(({ removed }) => !removed).map(({ name }) => name);
assert.deepEqual(asked.toSorted(), [
  "ACCESS_NETWORK_STATE",
  "BLUETOOTH_CONNECT",
  "INTERNET",
  "MODIFY_AUDIO_SETTINGS",
  "RECORD_AUDIO",
  "VIBRATE",
]);
assert.ok(
  permissions.some(({ name, removed }) => name === "CAMERA" && removed),
  "a library may add CAMERA",
);
assert.match(manifest, /android:allowBackup="false"/);
assert.match(manifest, /android:supportsRtl="true"/);
assert.match(manifest, /<data android:scheme="storeline"\/>/);

const plist = readFileSync(join(ROOT, "ios/Storeline/Info.plist"), "utf8");
const usage = [...plist.matchAll(/<key>(NS\w+UsageDescription)<\/key>/g)].map(([, key]) => key);
assert.deepEqual(usage, ["NSMicrophoneUsageDescription"]);
assert.match(plist, /<key>UIBackgroundModes<\/key>\s*<array>\s*<string>audio<\/string>\s*<\/array>/);
console.log("Hermes bytecode for Android and iOS; both native projects ask for the microphone and nothing else.");
