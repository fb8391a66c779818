/** Nothing of a page keeps anybody out. https://github.com/dequelabs/axe-core */

import assert from "node:assert/strict";
import axe from "axe-core";

const SERIOUS = ["serious", "critical"];

/**
 * @param {import("puppeteer-core").Page} page
 * @param {{except?: string[]}} [options] `except`: rules that do not fit, for a reason that stands where it is given
 */
export async function findsItAccessible(page, { except = [] } = {}) {
  // To preload is to copy styles of shadow roots into elements that the page's policy refuses.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    /** @type {typeof axe} */ (/** @type {any} */ (window).axe).run({ preload: false }),
  );
  const serious = violations.filter(({ id, impact }) => SERIOUS.includes(impact ?? "") && !except.includes(id));
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("\n  ")}`);
  assert.deepEqual(told, [], page.url());
}

/**
 * Nothing has to be scrolled sideways.
 * @param {import("puppeteer-core").Page} page
 */
export async function fitsItsWidth(page) {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${page.url()} is ${overflow} px too wide`);
}

/**
 * Every control is within the screen, however narrow that is.
 * @param {import("puppeteer-core").Page} page
 */
export async function cutsNothingOff(page) {
  const outside = await page.evaluate(() =>
    [...document.querySelectorAll("a, button, input, [role=button], [role=switch], h1, h2, h3")]
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 0 && (left < -1 || right > innerWidth + 1);
      })
      .map((element) => element.getAttribute("aria-label") ?? element.textContent),
  );
  assert.deepEqual(outside, [], page.url());
}
