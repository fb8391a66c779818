import { PipecatClient, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import { useEffect, useRef, useState } from "react";
import * as z from "zod";
import { session } from "@/lib/api/session";
import { Microphone } from "./microphone";

export type State = "idle" | "connecting" | "listening" | "speaking";

export interface Line {
  by: "caller" | "assistant";
  text: string;
  /** From the caller's last sound to the first of this answer, and who gave it. */
  latencyMs?: number;
  answeredBy?: string;
}

export interface TestCall {
  state: State;
  lines: Line[];
  /** What went wrong, in words. */
  problem: string | null;
  start: () => Promise<void>;
  stop: () => void;
}

const told = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("turn-latency"),
    answered_by: z.string().nullish(),
    latency_ms: z.object({ on_wire: z.number().nullish() }),
  }),
  z.object({ type: z.literal("session-ended"), reason: z.string() }),
  z.object({ type: z.literal("token-expiring") }),
]);

const REASONS: Record<string, string> = {
  idle: "Nobody said anything for a while, so the assistant hung up.",
  time_limit: "The longest call is over.",
  closed: "The store is closed, and the assistant has said when it opens.",
  said_goodbye: "",
  caller_left: "",
};

/** A call to the draft of the store's own assistant. */
export function useTestCall(assistant: string): TestCall {
  const [state, setState] = useState<State>("idle");
  const [lines, setLines] = useState<Line[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const client = useRef<PipecatClient | null>(null);
  const voice = useRef<HTMLAudioElement | null>(null);

  const add = (line: Line) => {
    setLines((before) => [...before, line]);
  };

  const hear = (client: PipecatClient, data: unknown) => {
    const { data: message } = told.safeParse(data);
    switch (message?.type) {
      case "turn-latency":
        setLines((before) => timed(before, message.latency_ms.on_wire ?? undefined, message.answered_by ?? undefined));
        break;
      case "session-ended":
        setProblem(REASONS[message.reason] ?? `The call has ended: ${message.reason.replaceAll("_", " ")}.`);
        break;
      case "token-expiring":
        void session.refresh(session.token).then((token) => {
          if (token) client.sendClientMessage("refresh-token", { token });
        });
        break;
      default:
    }
  };

  const stop = () => {
    const call = client.current;
    client.current = null;
    void call?.disconnect().catch(() => undefined);
    if (voice.current) voice.current.srcObject = null;
    setState("idle");
  };

  const start = async () => {
    setLines([]);
    setProblem(null);
    setState("connecting");
    const callbacks: RTVIEventCallbacks = {
      onBotReady: () => {
        setState("listening");
      },
      onBotStartedSpeaking: () => {
        setState("speaking");
      },
      onBotStoppedSpeaking: () => {
        setState("listening");
      },
      onUserTranscript: ({ text, final }) => {
        if (final) add({ by: "caller", text });
      },
      onBotOutput: ({ text, spoken_status }) => {
        if (spoken_status === "completed") add({ by: "assistant", text });
      },
      onServerMessage: (data: unknown) => {
        hear(call, data);
      },
      onTrackStarted: (track, participant) => {
        if (participant?.local) return;
        voice.current ??= new Audio();
        voice.current.srcObject = new MediaStream([track]);
        void voice.current.play();
      },
      onDisconnected: () => {
        if (client.current === call) stop();
      },
    };
    // The transport asks no more of its media manager than a Microphone has.
    const transport = new SmallWebRTCTransport({ mediaManager: new Microphone() as never });
    const call = new PipecatClient({ transport, callbacks });
    client.current = call;
    try {
      await call.initDevices();
      // A fresh token: it has to last for the call.
      const token = await session.refresh(session.token);
      await call.startBotAndConnect({
        endpoint: new URL("/store/voice/start", location.origin).href,
        headers: new Headers({ Authorization: `Bearer ${token ?? ""}` }),
        requestData: { assistant, draft: true, transport: "webrtc" },
      });
    } catch (thrown) {
      stop();
      setProblem(
        thrown instanceof DOMException
          ? "The browser did not give access to a microphone."
          : "The call could not be started. Is another one still going on?",
      );
    }
  };

  // Whoever leaves the screen has hung up.
  useEffect(
    () => () => {
      void client.current?.disconnect().catch(() => undefined);
    },
    [],
  );

  return { state, lines, problem, start, stop };
}

/** The lines with the latency at the answer that it belongs to: the last one of the assistant's. */
function timed(lines: Line[], latencyMs: number | undefined, answeredBy: string | undefined): Line[] {
  const at = lines.findLastIndex(({ by }) => by === "caller");
  return lines.map((line, index) =>
    index === at ? { ...line, ...(latencyMs !== undefined && { latencyMs }), ...(answeredBy && { answeredBy }) } : line,
  );
}
