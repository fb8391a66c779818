import { closed, heard, said, type Captions } from "@/features/talk/captions";

const texts = (captions: Captions) => captions.map(({ mine, text }) => (mine ? `> ${text}` : text));

test("What is not final is replaced by what was meant", () => {
  const partial = heard(heard([], "what time", { final: false }), "What time is it", { final: false });
  expect(partial).toMatchObject([{ text: "What time is it", open: true }]);
  expect(heard(partial, "What time is it?", { final: true })).toMatchObject([
    { text: "What time is it?", open: false },
  ]);
});

test("The assistant's words make one caption until it is silent", () => {
  const begun = said(said([], "Hello,", { spoken: false }), "this is Ivy.", { spoken: false });
  const first = closed(said(begun, "this is Ivy.", { spoken: true }));
  const captions = said(heard(first, "Hi", { final: true }), "How can I help?", { spoken: true });
  expect(texts(captions)).toEqual(["Hello, this is Ivy.", "> Hi", "How can I help?"]);
});

test("Only the end of a long conversation is shown, and each caption keeps its id", () => {
  let captions: Captions = [];
  for (let turn = 0; turn < 100; turn++) captions = heard(captions, `${turn}`, { final: true });
  expect(captions).toHaveLength(40);
  expect(captions[0]).toMatchObject({ id: 61, text: "60" });
});
