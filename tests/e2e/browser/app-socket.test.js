/** The user's app where no packet of WebRTC gets through: the call goes on over a websocket. */

import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { Person } from "./app.js";
import { USER } from "./browsers.js";

/** @type {Person} */
let person;
before(async () => {
  person = await Person.withPhone();
});
after(() => person?.leave());

test("A call begins over a websocket, under the page's policy, and is heard and answered", async () => {
  await person.open("/signup");
  await person.fill("Name", "Robin");
  await person.fill("Email", `socket-${randomUUID()}@storeline.example`);
  await person.fill("Password", "four words of ours");
  await person.press("Create account");
  await person.reads(/Marlow Garden/);
  person.network.silenced = true;
  await person.open("/talk/marlow-garden");
  await person.reads(/Hello, this is Ivy at Marlow Garden/);
  await person.hears(true);
  await person.reads(/Listening/);
  await person.say("hours");
  await person.reads(/9 AM to 5:30 PM/);
  await person.hears(true);
  await person.press("End the conversation");
  await person.reads(/You hung up/);
  person.assertAtEase();
});

test("A socket that is lost is followed by another one, in the same conversation", async () => {
  await person.network.carrySockets(person.page, USER);
  await person.open("/talk/marlow-garden");
  await person.reads(/Hello, this is Ivy at Marlow Garden/);
  await person.reads(/Listening/);
  await person.lose(true);
  await person.reads(/Connection lost, trying again/);
  await person.lose(false);
  await person.reads(/Listening/);
  await person.say("price");
  await person.reads(/snake plant is \$29/);
  await person.hears(true);
});
