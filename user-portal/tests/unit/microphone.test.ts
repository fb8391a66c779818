import { Microphone } from "@/features/talk/microphone";

class Track extends EventTarget {
  enabled = true;
  stopped = false;
  stop(): void {
    this.stopped = true;
  }
}

const mockGiven: Track[] = [];
const mockDevices = Object.assign(new EventTarget(), { getUserMedia: jest.fn() });

jest.mock("@/features/talk/devices", () => ({
  get devices() {
    return mockDevices;
  },
}));

beforeEach(() => {
  mockGiven.length = 0;
  mockDevices.getUserMedia.mockImplementation(async () => {
    const track = new Track();
    mockGiven.push(track);
    return { getAudioTracks: () => [track] };
  });
});

const events = { onDenied: jest.fn(), onTaken: jest.fn() };
let microphone: Microphone;

async function open(): Promise<void> {
  microphone = new Microphone(events);
  await microphone.initialize();
}
afterEach(() => microphone.disconnect());

test("A telephone call that takes the microphone is told, and so is its end", async () => {
  await open();
  mockGiven[0]?.dispatchEvent(new Event("mute"));
  mockGiven[0]?.dispatchEvent(new Event("unmute"));
  expect(events.onTaken.mock.calls).toEqual([[true], [false]]);
});

test.each([
  ["devicechange", () => mockDevices],
  ["ended", () => mockGiven[0]],
])(
  "After %s, as of a headset that is pulled out, what is there then is heard, or is muted as before",
  async (name, of) => {
    await open();
    const started = new Promise((resolve) => (microphone.onTrackStarted = resolve));
    microphone.enableMic(false);
    of()?.dispatchEvent(new Event(name));
    await started;
    expect(mockGiven.map(({ stopped, enabled }) => [stopped, enabled])).toEqual([
      [true, false],
      [false, false],
    ]);
  },
);

test("Whoever allows no microphone is told, and can still type", async () => {
  mockDevices.getUserMedia.mockRejectedValueOnce(new Error("NotAllowedError"));
  await open();
  expect(events.onDenied).toHaveBeenCalledTimes(1);
  expect(microphone.tracks()).toEqual({ local: {} });
});
