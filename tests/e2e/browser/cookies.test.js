/** The store portal's session lives in cookies, over plain http on store.localhost. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { ask, launch, open, STORE, USER } from "./browsers.js";

const PORTAL = `${STORE}/portal`;
// The same host on another port: the same site, to which browsers send Strict cookies, but another origin.
const NEIGHBOUR = `http://${new URL(STORE).hostname}:1024/page`;
const FOREIGNERS = { "another port of the same host": NEIGHBOUR, "another site": `${USER}/page` };

for (const kind of /** @type {const} */ (["chrome", "firefox"])) {
  describe(`In ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {import("puppeteer-core").Page} */
    let page;
    const account = { email: `${kind}-${randomUUID()}@storeline.example`, password: "four words of ours" };

    before(async () => {
      browser = await launch(kind);
      ({ page } = await open(browser, PORTAL));
      const signedUp = await ask(page, "POST", `${STORE}/store/auth/signup`, { json: { ...account, name: "Leaf" } });
      assert.equal(signedUp.status, 201, JSON.stringify(signedUp.body));
    });
    after(() => browser?.close());

    test("the browser keeps both cookies though the connection is not secure, out of reach of scripts", async () => {
      const kept = await browser.cookies();
      const facts = kept.map(({ name, httpOnly, sameSite, secure, path, session }) => {
        return { name, httpOnly, sameSite, secure, path, session };
      });
      const same = { httpOnly: true, sameSite: "Strict", secure: false, path: "/", session: false };
      assert.deepEqual(
        facts.sort((one, other) => one.name.localeCompare(other.name)),
        [
          { name: "store_refresh", ...same },
          { name: "store_session", ...same },
        ],
      );
      assert.equal(await page.evaluate(() => document.cookie), "");
    });

    test("after a reload they are worth a new access token", async () => {
      await page.reload();
      const refreshed = await ask(page, "POST", `${STORE}/store/auth/refresh`);
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      const me = await ask(page, "GET", `${STORE}/store/me`, { bearer: refreshed.body.access_token });
      assert.equal(me.body.email, account.email);
    });

    for (const [who, url] of Object.entries(FOREIGNERS)) {
      test(`a page of ${who} cannot use them`, async () => {
        const { page: stranger } = await open(browser, url);
        const target = `${STORE}/store/auth/refresh`;
        await assert.rejects(ask(stranger, "POST", target), /Failed to fetch|NetworkError/);
        // A form may post across origins without asking first.
        const refused = await submitForm(stranger, target);
        assert.deepEqual(refused, { status: 415, code: "not_json" });
        await stranger.close();
        const refreshed = await ask(page, "POST", target);
        assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      });
    }

    test("logging out removes them, and login brings new ones", async () => {
      assert.equal((await ask(page, "POST", `${STORE}/store/auth/logout`)).status, 204);
      assert.deepEqual(await browser.cookies(), []);
      const over = await ask(page, "POST", `${STORE}/store/auth/refresh`);
      assert.deepEqual([over.status, over.body.error.code], [401, "invalid_refresh_token"]);
      assert.equal((await ask(page, "POST", `${STORE}/store/auth/login`, { json: account })).status, 200);
      assert.equal((await browser.cookies()).length, 2);
    });
  });
}

/**
 * Submit an HTML form with a body that could be taken for JSON, and return what the server answered.
 * @param {import("puppeteer-core").Page} page
 * @param {string} action
 */
async function submitForm(page, action) {
  const [answer] = await Promise.all([
    page.waitForNavigation(),
    page.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { action, method: "post", enctype: "text/plain" });
      form.append(Object.assign(document.createElement("input"), { name: '{"a', value: '": 1}' }));
      document.body.append(form);
      form.submit();
    }, action),
  ]);
  assert.ok(answer);
  return { status: answer.status(), code: (await answer.json()).error.code };
}
