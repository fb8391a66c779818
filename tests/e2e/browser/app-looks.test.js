/** The user's app for those who see it otherwise: large, from right to left, with more contrast, or not at all. */

import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { findsItAccessible, fitsItsWidth } from "./accessible.js";
import { Person } from "./app.js";

const SCREENS = /** @type {const} */ ([
  ["/", "Marlow Garden"],
  ["/stores/marlow-garden", "Opening hours"],
  ["/history", "Search what was said|No conversations"],
  ["/account", "Robin"],
  ["/account/sessions", "This device"],
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

for (const [path, words] of SCREENS) {
  const name = `looks${path.replaceAll("/", "-")}`;
  describe(path, () => {
    before(async () => {
      await person.open(path);
      await person.reads(new RegExp(words));
    });

    test("keeps nobody out, in light and dark", async () => {
      for (const value of ["light", "dark"]) {
        await person.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
        await findsItAccessible(person.page, { except: ROWS });
      }
    });

    test("can be read twice as large", async () => {
      await person.page.setViewport(LARGE);
      await fitsItsWidth(person.page);
      await person.shoot(`${name}-large`);
      await person.page.setViewport(USUAL);
    });

    test("can be read from right to left", async () => {
      await person.page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
      await fitsItsWidth(person.page);
      await person.shoot(`${name}-rtl`);
      await person.page.evaluate(() => document.documentElement.removeAttribute("dir"));
    });
  });
}
