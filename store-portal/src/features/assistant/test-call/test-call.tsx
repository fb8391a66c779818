import { Mic, PhoneOff } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { cn } from "@/lib/classes";
import { useTestCall, type State } from "./use-test-call";

const SAID: Record<State, string> = {
  idle: "Hear the draft before anybody else does.",
  connecting: "Connecting…",
  listening: "It listens. Ask it something.",
  speaking: "It speaks.",
};

interface TestCallProps {
  assistant: string;
  /** Whether the form holds what the draft does not. */
  stale: boolean;
}

/** Talk to the draft: microphone, transcript, and how fast it answers. */
export default function TestCall({ assistant, stale }: TestCallProps) {
  const { state, lines, problem, start, stop } = useTestCall(assistant);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [lines]);
  const calling = state !== "idle";
  return (
    <Card>
      <CardHeader title="Test call" about={<span aria-live="polite">{SAID[state]}</span>}>
        <Orb state={state} />
      </CardHeader>
      <div className="grid gap-3 px-5 pb-5">
        {lines.length > 0 && (
          <div ref={list} role="log" aria-label="What was said" className="grid max-h-64 gap-2 overflow-y-auto text-sm">
            {lines.map((line, index) => (
              <p
                key={index}
                className={cn(
                  "max-w-[92%] rounded-xl px-3 py-1.5",
                  line.by === "caller" ? "justify-self-end bg-caller-soft" : "justify-self-start bg-brand-soft",
                )}
              >
                <span className="sr-only">{line.by === "caller" ? "You: " : "Assistant: "}</span>
                {line.text}
                {line.latencyMs !== undefined && (
                  <span className="block text-xs text-muted tabular-nums">
                    answered in {line.latencyMs} ms{line.answeredBy && `, ${line.answeredBy}`}
                  </span>
                )}
              </p>
            ))}
          </div>
        )}
        {problem && (
          <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger">
            {problem}
          </p>
        )}
        {stale && !calling && <p className="text-sm text-muted">What is not saved yet is not heard.</p>}
        {calling ? (
          <Button look="danger" onClick={stop}>
            <PhoneOff aria-hidden />
            Hang up
          </Button>
        ) : (
          <Button look="primary" onClick={() => void start()}>
            <Mic aria-hidden />
            Talk to the draft
          </Button>
        )}
      </div>
    </Card>
  );
}

function Orb({ state }: { state: State }) {
  return (
    <span
      aria-hidden
      className={cn(
        "size-8 rounded-full bg-sunken transition-transform",
        state === "connecting" && "animate-pulse",
        state === "listening" && "bg-caller-soft ring-2 ring-caller",
        state === "speaking" && "scale-110 animate-pulse bg-brand",
      )}
    />
  );
}
