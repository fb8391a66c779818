/** Debian's Chromium and Firefox, and pages in them that are served from memory. */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import puppeteer from "puppeteer-core";

/** @typedef {import("puppeteer-core").Browser} Browser */
/** @typedef {import("puppeteer-core").Page} Page */
/** @typedef {{type: string, body: string | Uint8Array}} File */

/** Where the server under test answers; pages of exactly these origins are its own. */
export const STORE = setting("STORE_ORIGIN");
export const USER = setting("USER_ORIGIN");

const COMMANDS = { chrome: ["chromium", "chromium-browser", "google-chrome"], firefox: ["firefox-esr", "firefox"] };

/**
 * Start a browser with a profile of its own that knows no host but this machine.
 * @param {keyof typeof COMMANDS} kind
 * @param {string[]} flags
 */
export function launch(kind, flags = []) {
  const alone = [
    "--no-sandbox",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost",
    // A page that we answer for counts as one of the internet, which would have to ask before it speaks to this machine.
    "--disable-features=LocalNetworkAccessChecks",
  ];
  return puppeteer.launch({
    browser: kind,
    executablePath: executable(kind),
    args: [...(kind === "chrome" ? alone : []), ...flags],
  });
}

/**
 * Open a page. What `files` names by URL is answered from there, everything else of this machine by whoever listens,
 * and what would leave the machine is refused and noted in `strangers`.
 * @param {Browser} browser
 * @param {string} url
 * @param {Record<string, File>} files
 * @param {(page: Page) => Promise<unknown>} prepare what is done before the page's own scripts run
 */
export async function open(browser, url, files = {}, prepare = async () => {}) {
  const served = /** @type {Record<string, File>} */ ({
    [url]: { type: "text/html", body: "<title>Test</title>" },
    ...files,
  });
  /** @type {string[]} */
  const strangers = [];
  const page = await browser.newPage();
  await prepare(page);
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const file = request.method() === "GET" ? served[request.url()] : undefined;
    if (file) {
      void request.respond({ contentType: file.type, body: file.body });
    } else if (isHere(request.url())) {
      void request.continue();
    } else {
      strangers.push(request.url());
      void request.abort();
    }
  });
  await page.goto(url);
  return { page, strangers };
}

/**
 * Ask the API, as a script of the page does.
 * @param {Page} page
 * @param {string} method
 * @param {string} url
 * @param {{json?: unknown, bearer?: string}} [sent]
 * @returns {Promise<{status: number, body: any}>}
 */
export function ask(page, method, url, { json, bearer } = {}) {
  return page.evaluate(
    async (method, url, json, bearer) => {
      const headers = { "Content-Type": "application/json", ...(bearer && { Authorization: `Bearer ${bearer}` }) };
      const answer = await fetch(url, { method, headers, body: json });
      const text = await answer.text();
      return { status: answer.status, body: text && JSON.parse(text) };
    },
    method,
    url,
    method === "GET" ? undefined : JSON.stringify(json ?? {}),
    bearer,
  );
}

/** @param {string} url */
function isHere(url) {
  const { protocol, hostname } = new URL(url);
  return ["data:", "blob:", "about:"].includes(protocol) || hostname.endsWith(".localhost");
}

/** @param {keyof typeof COMMANDS} kind */
function executable(kind) {
  for (const command of COMMANDS[kind]) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      try {
        accessSync(join(folder, command), constants.X_OK);
        return join(folder, command);
      } catch {
        // Not in this folder.
      }
    }
  }
  throw new Error(
    `There is no ${COMMANDS[kind].join(" or ")} on PATH. On Debian: apt-get install ${COMMANDS[kind][0]}`,
  );
}

/** @param {string} name */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests are run by pytest, see ../test_browsers.py`);
  return value;
}
