/** Passkeys through the browser's own API, with an authenticator that Chromium plays. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { ask, launch, open, STORE } from "./browsers.js";

/** @type {import("puppeteer-core").Browser} */
let browser;
/** @type {import("puppeteer-core").Page} */
let page;

const account = { email: `passkey-${randomUUID()}@storeline.example`, password: "four words of ours" };

before(async () => {
  browser = await launch("chrome");
  ({ page } = await open(browser, `${STORE}/portal`));
  // https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
  const devtools = await page.createCDPSession();
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
});
after(() => browser?.close());

test("A passkey is registered, asked for after the password, and logs in by itself", async () => {
  const bearer = await wanted(201, "auth/signup", { json: { ...account, name: "Leaf" } }).then((is) => is.access_token);
  await wanted(200, "me/proof", { json: { password: account.password }, bearer });
  const { public_key: creation } = await wanted(200, "me/passkey-options", { bearer });
  const registration = { credential: await made("create", creation), name: "This laptop" };
  const registered = await wanted(201, "me/passkeys", { json: registration, bearer });
  assert.equal(registered.passkey.rp_id, new URL(STORE).hostname);

  const { second_factor: asked } = await wanted(200, "auth/login", { json: account });
  const second = { method: "passkey", challenge: asked.challenge, credential: await made("get", asked.passkey) };
  await whoIs(await wanted(200, "auth/login/second-factor", { json: second }));

  const { public_key: request } = await wanted(200, "auth/passkey/options");
  const alone = { credential: await made("get", request) };
  await whoIs(await wanted(200, "auth/passkey/login", { json: alone }));
});

/**
 * @param {number} status
 * @param {string} path
 * @param {{json?: unknown, bearer?: string}} [sent]
 */
async function wanted(status, path, sent) {
  const answer = await ask(page, "POST", `${STORE}/store/${path}`, sent);
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return answer.body;
}

/** @param {{access_token: string}} granted */
async function whoIs({ access_token: bearer }) {
  const me = await ask(page, "GET", `${STORE}/store/me`, { bearer });
  assert.equal(me.body.email, account.email);
}

/**
 * What the authenticator makes of the server's options, as JSON.
 * @param {"create" | "get"} verb
 * @param {any} options
 * @returns {Promise<unknown>}
 */
function made(verb, options) {
  return page.evaluate(
    async (verb, options) => {
      const credential =
        verb === "create"
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      return /** @type {PublicKeyCredential} */ (credential).toJSON();
    },
    verb,
    options,
  );
}
