/**
 * Write src/lib/api/schema.d.ts from the User API's OpenAPI document on stdin; with --check only say whether it is true.
 * All refusals have one form, so they are told once, as `default`.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import openapiTS, { astToString } from "openapi-typescript";

const FILE = new URL("../src/lib/api/schema.d.ts", import.meta.url);
const PROBLEM = {
  description: "Refused.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

const document = JSON.parse(await text(process.stdin));
for (const methods of Object.values(document.paths)) {
  for (const operation of Object.values(methods)) {
    const answers = Object.entries(operation.responses).filter(([status]) => Number(status) < 400);
    operation.responses = { ...Object.fromEntries(answers), default: PROBLEM };
  }
}
const wanted = `// Made by \`npm run schema\` from the User API's OpenAPI document.\n\n${astToString(await openapiTS(document))}`;

if (!process.argv.includes("--check")) {
  writeFileSync(FILE, wanted);
} else if (readFileSync(FILE, "utf8") !== wanted) {
  console.error("src/lib/api/schema.d.ts is not what the User API says of itself: run `make app-schema`.");
  process.exitCode = 1;
}
