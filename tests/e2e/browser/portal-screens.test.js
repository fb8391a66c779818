/** Every screen of the store's portal: as it looks, whom it keeps out, how much is loaded for it. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { findsItAccessible, fitsItsWidth } from "./accessible.js";
import { launch, setting } from "./browsers.js";
import { Visitor } from "./portals.js";

const MARLOW = { email: "marlow@storeline.example", password: "watering-can" };
const FIRST_LOAD_MAX_BYTES = 250 * 1024;

const OUTSIDE = { login: "Log in", signup: "Make an account", "forgot-password": "Forgot the password?" };
const INSIDE = {
  "": "Overview",
  live: "Who talks to your assistant now",
  conversations: "Conversations",
  // Once its recording has been read.
  [`conversations/${setting("CALL")}`]: "0:00 / 0:24",
  messages: "Dana Whitfield",
  telephone: "In 24 hours",
  assistant: "When you are closed",
  knowledge: "Plant guarantee",
  "knowledge?entry=new": "New entry",
  developers: "Your systems are told",
  security: "This one",
};
/** What a store that has just signed up sees. */
const AT_FIRST = {
  "": "Nobody has asked yet",
  live: "Nobody is calling",
  conversations: "Nobody has called yet",
  messages: "Nobody is waiting",
  telephone: "You have no telephone number yet",
  assistant: "Nobody answers yet",
  knowledge: "It knows nothing yet",
};
const LOOKS = /** @type {const} */ ([
  ["light", 1280],
  ["dark", 360],
]);

/** @type {import("puppeteer-core").Browser} */
let browser;
before(async () => {
  browser = await launch("chrome");
});
after(() => browser?.close());

for (const [look, width] of LOOKS) {
  describe(`${look}, ${width} px`, () => {
    /** @type {Visitor} */
    let visitor;
    before(async () => {
      visitor = await Visitor.in(await browser.createBrowserContext());
      await visitor.looks(look, width);
    });

    /**
     * @param {string} path
     * @param {string} words
     * @param {string} [name]
     */
    const looksAt = async (path, words, name = path.replace(/\W[0-9a-f-]{36}/, "-one").replaceAll(/\W+/g, "-")) => {
      await visitor.open(`/${path}`);
      await visitor.sees(words);
      await visitor.page.waitForFunction(() => !document.querySelector(".animate-pulse.bg-sunken"));
      await judges(name);
    };
    /** @param {string} name */
    const judges = async (name) => {
      await visitor.photographs(`${name}-${look}`);
      await findsItAccessible(visitor.page);
      await fitsItsWidth(visitor.page);
    };

    for (const [path, words] of Object.entries(OUTSIDE)) test(path, () => looksAt(path, words));
    test("inside", async (inside) => {
      await visitor.logsIn(MARLOW);
      for (const [path, words] of Object.entries(INSIDE)) await inside.test(path, () => looksAt(path, words));
      await inside.test("whom to call, and who takes calls over", async () => {
        await visitor.open("/telephone");
        await visitor.presses("Call somebody");
        await visitor.sees("For an answering machine");
        await judges("telephone-call");
        await visitor.open("/assistant");
        await visitor.presses("Add somebody");
        await visitor.sees("What callers call them");
        await judges("assistant-transfer");
      });
      visitor.assertAtEase();
    });
    test("at first", async (first) => {
      visitor = await Visitor.in(await browser.createBrowserContext());
      await visitor.looks(look, width);
      await visitor.signsUp("Leaf", {
        email: `${look}-${randomUUID()}@storeline.example`,
        password: "four words of ours",
      });
      for (const [path, words] of Object.entries(AT_FIRST)) {
        await first.test(path, () => looksAt(path, words, `at-first-${path}`));
      }
    });
  });
}

test("The first load is small", async () => {
  const visitor = await Visitor.in(await browser.createBrowserContext());
  await visitor.logsIn(MARLOW);
  await visitor.sees("Overview");
  // The browser itself takes brotli, which is smaller.
  const bytes = await visitor.page.evaluate(async () => {
    const scripts = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js"));
    const sizes = scripts.map(async ({ name }) => {
      const { body } = await fetch(name);
      return (await new Response(body?.pipeThrough(new CompressionStream("gzip"))).arrayBuffer()).byteLength;
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  });
  assert.ok(bytes > 0 && bytes <= FIRST_LOAD_MAX_BYTES, `${bytes} bytes of JavaScript, gzip`);
});
