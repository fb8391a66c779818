/** The website's button, in its shadow root, wherever it stands. */

/** @typedef {import("puppeteer-core").Page} Page */

const DEADLINE_MS = 60_000;

/**
 * @param {Page} page
 * @param {string} label
 */
export async function press(page, label) {
  await page.locator(`storeline-widget >>> ::-p-aria([name="${label}"][role="button"])`).click();
}

/**
 * Wait until its panel says this.
 * @param {Page} page
 * @param {RegExp} words
 */
export async function reads(page, { source, flags }) {
  await page.waitForFunction(
    (source, flags) => {
      const root = document.querySelector("storeline-widget")?.shadowRoot;
      return new RegExp(source, flags).test(root?.querySelector(".panel")?.textContent ?? "");
    },
    { timeout: DEADLINE_MS },
    source,
    flags,
  );
}

/**
 * Wait until it is in this state.
 * @param {Page} page
 * @param {string} state
 */
export async function is(page, state) {
  await page.waitForSelector(`storeline-widget[data-state="${state}"]`, { timeout: DEADLINE_MS });
}
