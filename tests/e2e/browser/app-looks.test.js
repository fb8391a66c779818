/** The user's app for those who see it otherwise: large, from right to left, with more contrast, or not at all. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { cutsNothingOff, findsItAccessible, fitsItsWidth } from "./accessible.js";
import { Person } from "./app.js";

const MARGIN_PX = 40;
const SCREENS = /** @type {const} */ ([
  ["/", "Marlow Garden"],
  ["/stores/marlow-garden", "Opening hours"],
  ["/history", "No conversations|Marlow Garden"],
  ["/account", "Robin"],
  ["/account/sessions", "This device"],
  ["/account/password", "New password"],
  ["/talk/marlow-garden", "Hello, this is Ivy"],
]);
/** A row's name begins with its title, as who speaks to the screen says it; the rule wants what stands below it as well. */
const ROWS = ["label-content-name-mismatch"];
/** A narrow phone, with text twice as large (WCAG 2.2, 1.4.4 and 1.4.10). */
const LARGE = { width: 195, height: 422, deviceScaleFactor: 4, isMobile: true, hasTouch: true };
const USUAL = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** @type {Person} */
let person;
before(async () => {
  person = await Person.withPhone();
  await person.open("/signup");
  await person.fill("Name", "Robin");
  await person.fill("Email", `looks-${randomUUID()}@storeline.example`);
  await person.fill("Password", "four words of ours");
  await person.press("Create account");
  await person.reads(/Marlow Garden/);
});
after(() => person?.leave());

/** @param {string} path @param {string} words */
async function opens(path, words) {
  await person.open(path);
  await person.reads(new RegExp(words));
}

for (const [path, words] of SCREENS) {
  describe(path, () => {
    before(() => opens(path, words));

    test("keeps nobody out, in light and dark", async () => {
      for (const value of ["light", "dark"]) {
        await person.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        await findsItAccessible(person.page, { except: ROWS });
      }
    });

    test("can be read twice as large", async () => {
      await person.page.setViewport(LARGE);
      await fitsItsWidth(person.page);
      await cutsNothingOff(person.page);
      await person.shoot(nameOf(path, "large"));
      await person.page.setViewport(USUAL);
    });
  });
}

describe("Whoever reads from right to left", () => {
  before(() =>
    person.page.evaluateOnNewDocument(() => Object.defineProperty(navigator, "language", { get: () => "ar-EG" })),
  );

  for (const [path, words] of SCREENS) {
    test(`reads ${path}`, async () => {
      await opens(path, words);
      await fitsItsWidth(person.page);
      await cutsNothingOff(person.page);
      await person.shoot(nameOf(path, "rtl"));
    });
  }

  test("finds the beginning of lines on the right", async () => {
    await opens("/", "Marlow Garden");
    const fromTheEdge = await person.page.evaluate(() => {
      const title = document.createRange();
      title.selectNodeContents(/** @type {Node} */ (document.querySelector("h1,[role=heading]")));
      return innerWidth - title.getBoundingClientRect().right;
    });
    assert.ok(fromTheEdge < MARGIN_PX, `${fromTheEdge} px`);
  });
});

/** @param {string} path @param {string} how */
const nameOf = (path, how) => `looks${path.replaceAll("/", "-")}-${how}`;
