import { useEffect, useRef, useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { cn } from "@/lib/classes";
import { formatDuration } from "@/lib/time";
import { CHANNELS, worded } from "@/lib/words";
import type { Turn } from "./api/get-turns";
import type { Talk } from "./live-state";
import { Staff } from "./staff";

/** One conversation: who, for how long, and the words. */
export function TalkCard({ talk }: { talk: Talk }) {
  const { conversation, turns, caller, assistant, latency } = talk;
  const who = conversation.caller ?? conversation.caller_number ?? "Somebody";
  const replied = latency?.["on_wire"];
  return (
    <Card aria-label={`Conversation with ${who}`}>
      <CardHeader
        title={who}
        about={
          <>
            with {conversation.assistant} for <Running since={conversation.started_at} />
          </>
        }
      >
        {conversation.assistant_version === null && <Badge tone="warning">Draft</Badge>}
        {conversation.taken_over && <Badge tone="warning">Taken over</Badge>}
        {conversation.direction === "outbound" && <Badge>Called by you</Badge>}
        <Badge>{worded(CHANNELS, conversation.channel)}</Badge>
        {typeof replied === "number" && <Badge tone="brand">replied in {(replied / 1000).toFixed(1)} s</Badge>}
      </CardHeader>
      <Words key={conversation.id} turns={turns} caller={caller} assistant={assistant} />
      <Staff id={conversation.id} takenOver={conversation.taken_over} />
    </Card>
  );
}

interface WordsProps {
  turns: Turn[];
  caller: string;
  assistant: string;
}

function Words({ turns, caller, assistant }: WordsProps) {
  const end = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  useEffect(() => {
    const list = end.current;
    // Whoever scrolls up wants to read.
    if (list && following.current) list.scrollTop = list.scrollHeight;
  }, [turns, caller, assistant]);
  return (
    <div
      ref={end}
      role="log"
      aria-label="What is said"
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it by keys
      tabIndex={0}
      onScroll={({ currentTarget: list }) => {
        following.current = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      }}
      className="grid max-h-96 min-h-28 content-start gap-2.5 overflow-y-auto border-t px-5 py-4"
    >
      {turns.map((turn) => (
        <Said key={turn.position} by={turn.speaker} cut={turn.interrupted} whispered={turn.whispered}>
          {turn.text}
        </Said>
      ))}
      {caller && (
        <Said by="caller" fresh>
          {caller}
        </Said>
      )}
      {assistant && (
        <Said by="assistant" fresh>
          {assistant}
        </Said>
      )}
      {turns.length === 0 && !caller && !assistant && <p className="text-sm text-muted">Nothing has been said yet.</p>}
    </div>
  );
}

interface SaidProps {
  by: Turn["speaker"];
  fresh?: boolean;
  cut?: boolean;
  whispered?: boolean;
  children: string;
}

const LOOKS: Record<Turn["speaker"], string> = {
  caller: "justify-self-start bg-caller-soft",
  assistant: "justify-self-end bg-brand-soft",
  staff: "justify-self-end bg-warning-soft",
};
const NAMES: Record<Turn["speaker"], string> = { caller: "Caller", assistant: "Assistant", staff: "Staff" };

function Said({ by, fresh = false, cut = false, whispered = false, children }: SaidProps) {
  return (
    <p className={cn("max-w-[85%] rounded-2xl px-3.5 py-2 text-sm leading-relaxed", LOOKS[by], fresh && "opacity-75")}>
      <span className={cn(by === "staff" ? "font-medium" : "sr-only")}>
        {NAMES[by]}
        {whispered && ", whispered"}:{" "}
      </span>
      {children}
      {cut && <span className="text-muted"> — interrupted</span>}
    </p>
  );
}

function Running({ since }: { since: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const ticking = setInterval(() => {
      setNow(Date.now());
    }, 1000);
    return () => {
      clearInterval(ticking);
    };
  }, []);
  return <span className="tabular-nums">{formatDuration((now - new Date(since).getTime()) / 1000)}</span>;
}
