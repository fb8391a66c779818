import { Call } from "@/features/talk/call";
import type { Start } from "@/features/talk/api";

interface Callbacks {
  onServerMessage(message: object): void;
  onDisconnected(): void;
}

interface Connected {
  callbacks: Callbacks;
  endpoint: string;
}

const mockConnected: Connected[] = [];
const mockRefusals: object[] = [];

jest.mock("@pipecat-ai/client-js", () => ({
  PipecatClient: class {
    callbacks: Callbacks;
    constructor({ callbacks }: { callbacks: Callbacks }) {
      this.callbacks = callbacks;
    }
    async connect(started: { webrtcRequestParams: { endpoint: string } }) {
      const refusal = mockRefusals.shift();
      if (refusal) {
        // As the transports do, of a line that never was.
        this.callbacks.onDisconnected();
        throw refusal;
      }
      mockConnected.push({ callbacks: this.callbacks, endpoint: started.webrtcRequestParams.endpoint });
    }
    async disconnect() {}
  },
}));

const asked: Start[] = [];
const AROUND = {
  openLine: () => ({
    transport: {} as never,
    wants: { transport: "webrtc" as const },
    play() {},
    speaker() {},
    measure: async () => null,
    close() {},
  }),
  start: async (wants: Start) => {
    asked.push(wants);
    return { webrtcRequestParams: { endpoint: "/offer?token=t" }, iceConfig: { iceServers: [] } };
  },
  renew: async () => "token",
};

function latest(): Connected {
  const connected = mockConnected.at(-1);
  if (!connected) throw new Error("Nobody is connected.");
  return connected;
}

async function live(): Promise<Call> {
  const call = new Call({ store: "marlow-garden" }, AROUND, { muted: false });
  await call.open();
  latest().callbacks.onServerMessage({ type: "resume-token", token: "r/1", within_s: 30 });
  return call;
}

const settled = (call: Call, phase: string) =>
  new Promise<void>((resolve) => {
    const look = () => call.state.phase === phase && resolve();
    call.subscribe(look);
    look();
  });

beforeEach(() => {
  mockConnected.length = mockRefusals.length = asked.length = 0;
});

test("A process that stops sends the call on to another one", async () => {
  const call = await live();
  const { callbacks } = latest();
  callbacks.onServerMessage({ type: "resume-now", token: "r/2", within_s: 30 });
  callbacks.onServerMessage({ type: "session-ended", code: 4008, reason: "handed_off" });
  callbacks.onDisconnected();
  expect(call.state.phase).toBe("away");
  await settled(call, "live");
  expect(asked.map(({ resume }) => resume)).toEqual([undefined, true]);
  expect(mockConnected.map(({ endpoint }) => endpoint)).toEqual(["/offer?token=t", "/offer?token=t&resume=r%2F2"]);
  await call.hangUp();
});

test("A call whose process was killed comes back, as soon as it is let in", async () => {
  const call = await live();
  mockRefusals.push(new TypeError("no network"));
  latest().callbacks.onDisconnected();
  await settled(call, "live");
  expect(latest().endpoint).toBe("/offer?token=t&resume=r%2F1");
  await call.hangUp();
});

test("The end of the longest call is known before it strikes", async () => {
  const call = await live();
  const now = jest.spyOn(Date, "now").mockReturnValue(1_000);
  latest().callbacks.onServerMessage({ type: "ending-soon", seconds_left: 30 });
  now.mockRestore();
  expect(call.state.endsAt).toBe(31_000);
  await call.hangUp();
});

test("A conversation that is over cannot be come back to", async () => {
  const call = await live();
  mockRefusals.push(Object.assign(new Error("refused"), { status: 409 }));
  latest().callbacks.onDisconnected();
  await settled(call, "ended");
  expect(call.state.ending).toBe("lost");
});
