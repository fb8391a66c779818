import { fireEvent, render, screen } from "@testing-library/react-native";
import { Countdown } from "@/features/talk/Countdown";
import { Details } from "@/features/talk/Details";
import { Controls } from "@/features/talk/Controls";
import { Call, type State } from "@/features/talk/call";
import { inWords } from "@/features/talk/endings";
import { measuresOf, qualityOf, SILENT } from "@/features/talk/measures";
import { moodOf, MOODS } from "@/features/talk/mood";
import { CaptionList } from "@/features/talk/CaptionList";
import { Refusal } from "@/lib/api/problem";

const AROUND = {
  openLine: () => ({
    transport: { initialize() {}, disconnect: async () => {} } as never,
    wants: { transport: "webrtc" as const },
    resumes: false,
    play() {},
    speaker() {},
    measure: async () => null,
    close() {},
  }),
  start: async () => {
    throw new Refusal("store_busy", "All lines of this store are taken. Try again in a moment.", 503);
  },
  renew: async () => "token",
};

const called = () => new Call({ store: "marlow-garden" }, AROUND, { muted: false });

test("A call that is refused ends with the server's own words", async () => {
  const call = called();
  await call.open();
  expect(call.state.phase).toBe("ended");
  expect(call.state.ending && inWords(call.state.ending)).toMatch(/All lines of this store are taken/);
});

test("Every control has a name, and says whether it is on", () => {
  const call = called();
  const state: State = { ...call.state, phase: "live" };
  const onHandsFree = jest.fn();
  const props = { call, state, onHandsFree, writing: false, onWriting: jest.fn() };
  const { rerender } = render(<Controls {...props} handsFree />);
  fireEvent.press(screen.getByRole("button", { name: "Mute" }));
  expect(call.state.muted).toBe(true);
  fireEvent.press(screen.getByRole("button", { name: "Talk hands-free" }));
  expect(onHandsFree).toHaveBeenCalledWith(false);

  rerender(<Controls {...props} state={{ ...state, muted: true }} handsFree={false} />);
  const hold = screen.getByRole("button", { name: "Hold to talk" });
  fireEvent(hold, "pressIn");
  expect(call.state.muted).toBe(false);
  fireEvent(hold, "pressOut");
  expect(call.state.muted).toBe(true);
});

test("Captions are a live region, and say who speaks", () => {
  render(<CaptionList captions={[{ id: 1, mine: true, text: "Hello", open: false }]} />);
  expect(screen.getByLabelText("You: Hello")).toBeTruthy();
  expect(screen.getByLabelText("Captions").props["aria-live"]).toBe("polite");
});

test("How soon the longest call ends is announced", () => {
  render(<Countdown endsAt={Date.now() + 30_000} />);
  expect(screen.getByRole("alert")).toHaveTextContent("This conversation ends in 30 seconds.");
});

test("The details tell how the line is", () => {
  const measures = { ...SILENT, connected: true, rttMs: 240, lost: 0.01 };
  render(<Details state={{ ...called().state, measures, latencyMs: 387 }} onClose={() => {}} />);
  expect(screen.getByLabelText("Connection: Fair")).toBeTruthy();
  expect(screen.getByLabelText("Answer after: 387 ms")).toBeTruthy();
});

test("What the connection reports becomes levels, delay and loss", () => {
  const measures = measuresOf(
    [
      { type: "media-source", kind: "audio", audioLevel: 0.25 },
      { type: "inbound-rtp", kind: "audio", audioLevel: 0, packetsLost: 1, packetsReceived: 3, jitter: 0.02 },
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.1 },
    ],
    true,
  );
  expect(measures).toEqual({ mine: 0.7, theirs: 0, rttMs: 100, lost: 0.25, jitterMs: 20, connected: true });
  expect(qualityOf(measures)).toBe("poor");
});

test.each([
  [4003, /all the time/],
  [4007, /closed/],
  [4999, /over/],
])("The close code %i is told in words", (code, words) => expect(inWords({ code })).toMatch(words));

test("A lost connection is told before what the assistant was doing", () => {
  expect(MOODS[moodOf({ phase: "away", doing: "speaking" })]).toMatch(/lost/);
  expect(MOODS[moodOf({ phase: "live", doing: "thinking" })]).toBe("Thinking");
});
