/** The app as devices run it, against a real server, with the engine of WebRTC for Node in place of the native module. */

const { jest } = require("../../package.json");

module.exports = {
  ...jest,
  rootDir: "../..",
  testMatch: ["<rootDir>/tests/native/**/*.test.ts"],
  testTimeout: 90_000,
  setupFiles: ["<rootDir>/tests/native/setup.ts"],
  // The engine's threads are not made to be taken down with a test's globals.
  forceExit: true,
  moduleNameMapper: {
    ...jest.moduleNameMapper,
    "^@daily-co/react-native-webrtc$": "<rootDir>/tests/native/webrtc.ts",
  },
};
