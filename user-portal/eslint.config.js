const expo = require("eslint-config-expo/flat");

/** Imports only run down: app → features → components → lib. */
const below = (from, ...forbidden) => ({
  files: [`src/${from}/**`],
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: [{ group: forbidden.map((room) => `@/${room}/**`), message: "Imports only run down the house." }] },
    ],
  },
});

module.exports = [
  ...expo,
  { ignores: ["dist/", ".expo/", "android/", "ios/", "src/lib/api/schema.d.ts"] },
  {
    rules: {
      "no-console": "error",
      eqeqeq: ["error", "always"],
      "import/no-cycle": "error",
    },
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
    },
  },
  { files: ["scripts/**"], rules: { "no-console": "off" } },
  below("lib", "app", "features", "components"),
  below("components", "app", "features"),
  below("features", "app"),
];
