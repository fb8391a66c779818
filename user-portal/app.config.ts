import type { ExpoConfig } from "expo/config";

/** What the stores and the operating systems are told about the app. */
const config: ExpoConfig = {
  name: "Storeline",
  slug: "storeline",
  version: "0.1.0",
  scheme: "storeline",
  orientation: "default",
  userInterfaceStyle: "automatic",
  platforms: ["android", "ios", "web"],
  ios: {
    bundleIdentifier: "example.storeline.app",
    supportsTablet: true,
    infoPlist: {
      NSMicrophoneUsageDescription: "Storeline listens while you talk to a store, and only then.",
      // A call goes on while the screen is off.
      UIBackgroundModes: ["audio"],
      // WebRTC's own frameworks carry no bitcode.
      ITSAppUsesNonExemptEncryption: false,
    },
  },
  android: {
    package: "example.storeline.app",
    permissions: [
      "android.permission.INTERNET",
      "android.permission.ACCESS_NETWORK_STATE",
      "android.permission.RECORD_AUDIO",
      "android.permission.MODIFY_AUDIO_SETTINGS",
      "android.permission.BLUETOOTH_CONNECT",
    ],
    // Libraries ask for these in manifests of their own; nothing here looks through a camera or over other apps.
    blockedPermissions: [
      "android.permission.CAMERA",
      "android.permission.SYSTEM_ALERT_WINDOW",
      "android.permission.READ_EXTERNAL_STORAGE",
      "android.permission.WRITE_EXTERNAL_STORAGE",
    ],
    // A token in a backup would be a token on another device.
    allowBackup: false,
  },
  web: { bundler: "metro", output: "single" },
  // Nothing is kept behind a face.
  plugins: [["expo-secure-store", { faceIDPermission: false }]],
};

export default config;
