/** The portal's list of conversations while it is scrolled to its end and filtered; run by tests/load/portal.py. */

import { launch, setting } from "./browsers.js";
import { Visitor } from "./portals.js";

const MARLOW = { email: "marlow@storeline.example", password: "watering-can" };
const CALLS = Number(setting("CALLS"));
const LONG_MS = 50;
// 30 rows a frame: a scroll bar that is pulled.
const STEP_PX = 1_920;

/**
 * Runs in the page: scrolls until the list is whole, and returns the milliseconds between frames.
 * @param {number} step
 */
async function scrolled(step) {
  const list = /** @type {HTMLElement} */ (document.querySelector("[role=table]")?.parentElement);
  /** @type {number[]} */
  const frames = [];
  let last = await new Promise(requestAnimationFrame);
  while (list.querySelector("[role=table]")?.getAttribute("aria-rowcount") === "-1") {
    list.scrollTop += step;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return { frames, rows: Number(list.querySelector("[role=table]")?.getAttribute("aria-rowcount")) - 1 };
}

/**
 * @param {number[]} sorted
 * @param {number} share
 */
const quantile = (sorted, share) => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;

/** @param {number[]} frames */
function told(frames) {
  const sorted = frames.toSorted((one, other) => one - other);
  const long = frames.filter((ms) => ms > LONG_MS).length;
  return {
    frames: frames.length,
    median_ms: quantile(sorted, 0.5),
    p95_ms: quantile(sorted, 0.95),
    p99_ms: quantile(sorted, 0.99),
    longest_ms: quantile(sorted, 1),
    over_50_ms: long,
  };
}

/**
 * How long a change takes until the list shows what it leaves.
 * @param {Visitor} visitor
 * @param {() => Promise<unknown>} change
 * @param {string} address
 * @param {string} row what is in every row then
 */
async function filtered({ page }, change, address, row) {
  const begun = performance.now();
  await change();
  await page.waitForFunction(
    (address, row) => {
      const rows = [...document.querySelectorAll("[role=rowgroup]:last-child [role=row]")];
      const words = rows.map((each) => /** @type {HTMLElement} */ (each).innerText);
      return location.search.includes(address) && words.length > 0 && words.every((text) => text.includes(row));
    },
    { polling: "raf" },
    address,
    row,
  );
  return Math.round(performance.now() - begun);
}

const browser = await launch("chrome");
try {
  const visitor = await Visitor.in(browser);
  const { page } = visitor;
  await visitor.logsIn(MARLOW);
  await visitor.open("/conversations");
  await page.waitForSelector("[role=rowgroup]:last-child [role=row]");
  const channel_ms = await filtered(
    visitor,
    () => page.select("select[aria-label=Channel]", "phone"),
    "channel=phone",
    "Phone",
  );
  const outcome_ms = await filtered(
    visitor,
    () => page.select("select[aria-label=Outcome]", "unanswered"),
    "outcome=unanswered",
    "Unanswered",
  );
  await visitor.open("/conversations");
  await page.waitForSelector("[role=rowgroup]:last-child [role=row]");
  const search_ms = await filtered(visitor, () => visitor.types("Search in what was said", "orchid"), "q=orchid", "");
  await visitor.open("/conversations");
  await page.waitForSelector("[role=rowgroup]:last-child [role=row]");
  const began = performance.now();
  const { frames, rows } = await page.evaluate(scrolled, STEP_PX);
  const scrolling = { rows, seconds: Math.round((performance.now() - began) / 1000), ...told(frames) };
  const end = told(frames.slice(-Math.ceil(frames.length / 10)));
  console.log(JSON.stringify({ calls: CALLS, scrolling, last_tenth: end, channel_ms, outcome_ms, search_ms }, null, 1));
} finally {
  await browser.close();
}
