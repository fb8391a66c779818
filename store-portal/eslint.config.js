import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import ts from "typescript-eslint";

const only = (files, group, message) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] },
});

export default defineConfig(
  { ignores: ["dist", "src/lib/api/schema.d.ts"] },
  js.configs.recommended,
  ts.configs.strictTypeChecked,
  ts.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat.recommended,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // Event handlers of React may be async: what they throw is caught inside.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // The router steers by throwing redirects.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "package", package: "@tanstack/router-core", name: "Redirect" }] },
      ],
      // It names the control inside of it.
      "jsx-a11y/label-has-associated-control": ["error", { assert: "either" }],
    },
  },
  // Imports only run down: app → features → components → lib. A feature knows no other.
  only(["src/features/**"], ["@/app/*", "@/features/*", "../../*"], "A feature uses components and lib, and itself."),
  only(["src/components/**"], ["@/app/*", "@/features/*"], "Components know no feature."),
  only(["src/lib/**"], ["@/app/*", "@/features/*", "@/components/*"], "lib is the lowest."),
  { files: ["eslint.config.js"], extends: [ts.configs.disableTypeChecked] },
);
