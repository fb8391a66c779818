/** The user's app, as the user host serves it, against the real server with its own models. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Person } from "./app.js";
import { ask, USER } from "./browsers.js";

/** @type {Person} */
let person;
before(async () => {
  person = await Person.withPhone();
});
after(() => person?.leave());

const account = { email: `app-${randomUUID()}@storeline.example`, password: "four words of ours" };

test("A new user finds a store and talks to it", async () => {
  await person.open("/stores/marlow-garden");
  await person.reads(/Welcome back/);
  await person.shoot("1-login");
  await person.press("Create an account");
  await person.fill("Name", "Robin");
  await person.fill("Email", account.email);
  await person.fill("Password", account.password);
  await person.shoot("2-signup");
  await person.press("Create account");
  // The link that was opened first is followed once one is signed in.
  await person.reads(/Opening hours/);
  await person.shoot("3-store");

  await person.press("Talk to Ivy");
  await person.reads(/Hello, this is Ivy at Marlow Garden/);
  await person.hears(true);
  await person.shoot("4-speaking");
  await person.reads(/Listening/);
  await person.say("hours");
  await person.reads(/open on Saturday/i);
  await person.reads(/9 AM to 5:30 PM/);
  await person.hears(true);
  await person.shoot("5-answering");
});

test("Whoever speaks interrupts the assistant", async () => {
  await person.reads(/Listening/);
  await person.press("Type instead of speaking");
  await person.fill("Your question", "What are your opening hours?");
  await person.press("Send");
  await person.hears(true);
  await person.say("price");
  await person.reads(/snake plant is \$29/);
  await person.reads(/Listening/);
  await person.shoot("6-typing");
});

test("A network that is lost and found again loses no conversation", async () => {
  await person.lose(true);
  await person.reads(/Connection lost, trying again/);
  await person.shoot("7-away");
  await person.lose(false);
  await person.reads(/Listening/);
  await person.say("hours");
  await person.page.waitForFunction(() => (document.body.innerText.match(/5:30 PM/g) ?? []).length >= 2, {
    timeout: 30_000,
  });
  await person.hears(true);
});

test("What was said can be read, heard and found again", async () => {
  await person.press("End the conversation");
  await person.reads(/You hung up/);
  await person.shoot("8-ended");
  await person.press("Done");
  await person.open("/history");
  await person.fill("Search what was said", "saturday", "searchbox");
  await person.reads(/Marlow Garden/);
  await person.shoot("9-history");
  await person.page.locator("::-p-text(Marlow Garden)").click();
  await person.reads(/Share as text/);
  await person.reads(/snake plant is \$29/);
  await person.shoot("10-conversation");
  await person.open("/account");
  await person.reads(/Robin/);
  await person.shoot("11-account");
  await person.open("/account/sessions");
  await person.reads(/This device/);
  await person.shoot("12-sessions");
  await person.open("/");
  await person.reads(/Recent/);
  await person.shoot("13-stores");
});

test("A session that is ended elsewhere ends the call and leads to the login", async () => {
  await person.open("/talk/marlow-garden");
  await person.reads(/Hello, this is Ivy/);
  const elsewhere = await ask(person.page, "POST", `${USER}/user/auth/login`, { json: account });
  const bearer = elsewhere.body.access_token;
  assert.equal((await ask(person.page, "DELETE", `${USER}/user/sessions`, { bearer })).status, 204);
  await person.reads(/Welcome back/);
  person.assertAtEase();
});
