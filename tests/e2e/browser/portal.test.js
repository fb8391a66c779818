/** What a store's staff do in the portal, in two browsers at once. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { launch } from "./browsers.js";
import { Visitor } from "./portals.js";

/** In the order of the keys that lead there. */
const SCREENS = [
  ["Live", "/live"],
  ["Conversations", "/conversations"],
  ["Messages", "/messages"],
  ["Phone", "/telephone"],
  ["Assistant", "/assistant"],
  ["Knowledge", "/knowledge"],
  ["Developers", "/developers"],
];
const account = { email: `portal-${randomUUID()}@storeline.example`, password: "four words of ours" };

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {Visitor} */
let ann;
/** @type {Visitor} */
let ben;
before(async () => {
  browser = await launch("chrome");
  ann = await Visitor.in(await browser.createBrowserContext());
  ben = await Visitor.in(await browser.createBrowserContext());
});
after(() => browser?.close());

test("Signing up leads to the portal, and a reload keeps one in", async () => {
  await ann.signsUp("Leaf", account);
  await ann.open("/knowledge");
  await ann.sees("It knows nothing yet");
});

test("Of two who change an entry at once, the later one is shown what the other wrote", async () => {
  await ann.presses("New entry");
  await ann.types("Title", "Parking");
  await ann.types("Answer", "There is a lot behind the house.");
  await ann.presses("Save");
  await ann.sees("There is a lot behind the house.");

  await ben.logsIn(account);
  for (const one of [ann, ben]) {
    await one.open("/knowledge");
    await one.page.locator("main li button").click();
    await one.page.waitForSelector("textarea[name=body]");
  }
  await ann.types("Answer", "There are ten places behind the house.");
  await ann.presses("Save");
  await ann.sees("There are ten places");
  await ben.types("Answer", "Park in Mill Street.");
  await ben.presses("Save");
  await ben.sees("Somebody has changed this entry");
  await ben.sees("There are ten places");
  await ben.presses("Go on with mine");
  await ben.presses("Save");
  await ben.page.waitForFunction(() => !document.querySelector("[role=dialog]"));
  await ben.sees("Park in Mill Street.");
});

test("Whose session is ended leaves, with nothing left on the screen", async () => {
  await ann.open("/security");
  await ann.presses("End all others");
  await ben.isAt("/login");
  // The address is the new one a moment before the screen is.
  await ben.sees("Log in");
  assert.equal(await ben.page.evaluate(() => document.body.innerText.includes("Mill Street")), false);
});

test("Logging out in one tab logs out the other", async () => {
  const other = new Visitor(await ann.page.browserContext().newPage());
  await other.open("/knowledge");
  await other.sees("Park in Mill Street.");
  await ann.page.bringToFront();
  await ann.page.locator("aside button[aria-haspopup=menu]").click();
  await ann.presses("Log out", "menuitem");
  await ann.isAt("/login");
  await other.isAt("/login");
  for (const one of [ann, ben, other]) one.assertAtEase();
});

test("Whoever has no mouse gets in, to every screen, and into a dialog and out of it", async () => {
  const cleo = await Visitor.in(await browser.createBrowserContext());
  const { keyboard } = cleo.page;
  await cleo.open("/login");
  await cleo.sees("Log in");
  await cleo.tabsTo("E-mail");
  await keyboard.type(account.email);
  await cleo.tabsTo("Password");
  await keyboard.type(account.password);
  await keyboard.press("Enter");
  await cleo.isAt("/");
  for (const [screen, path] of SCREENS) {
    await cleo.sees(screen);
    await cleo.tabsTo(screen);
    await keyboard.press("Enter");
    await cleo.isAt(path);
  }
  // Until it is there no key can lead to it.
  await cleo.sees("New button");
  await cleo.tabsTo("New button");
  await keyboard.press("Enter");
  await cleo.page.waitForSelector("[role=dialog] input:focus");
  await keyboard.press("Escape");
  await cleo.page.waitForFunction(() => document.activeElement?.textContent === "New button");
  await cleo.tabsTo("Security");
  await keyboard.press("Enter");
  await cleo.isAt("/security");
});
