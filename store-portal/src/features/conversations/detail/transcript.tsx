import { Link } from "@tanstack/react-router";
import { BookOpen, Scissors } from "lucide-react";
import { Fragment } from "react";
import { Badge } from "@/components/ui/badge";
import { Empty } from "@/components/ui/states";
import { cn } from "@/lib/classes";
import { formatDuration } from "@/lib/time";
import type { ConversationWithTurns, Turn } from "../api/show-conversation";
import { Latency } from "./latency";
import { timelineOf } from "./timeline";
import { momentOf, wordsOf } from "./timing";
import { ToolUsed } from "./tool-used";
import { Usage } from "./usage";

const BASES: Record<NonNullable<Turn["basis"]>, string> = {
  hours: "Opening hours",
  price: "A price of yours",
  entry: "An entry of yours",
  small_talk: "Small talk",
  unknown: "Said it does not know",
  tool: "A step of a task",
  facts: "The model, with your facts",
  nothing: "The model, without facts",
};

interface TranscriptProps {
  conversation: ConversationWithTurns;
  /** Where the recording is, in seconds. */
  atS: number | null;
  onSeek: (seconds: number) => void;
}

/** Who speaks, and in which colour. */
const SPEAKERS: Record<Turn["speaker"], { name: string; tone: string }> = {
  caller: { name: "Caller", tone: "text-caller" },
  assistant: { name: "Assistant", tone: "text-brand" },
  staff: { name: "Staff", tone: "text-warning" },
};

/** Every turn in its order, with what tools did in between; a word, pressed, plays from there. */
export function Transcript({ conversation, atS, onSeek }: TranscriptProps) {
  const { started_at, ended_at } = conversation;
  const happened = timelineOf(conversation);
  if (happened.length === 0) {
    return (
      <Empty icon={BookOpen} title={ended_at === null ? "Nothing was said yet" : "Nothing was said"}>
        {conversation.outcome === "erased" && "The caller had it deleted."}
      </Empty>
    );
  }
  return (
    <ol className="divide-y">
      {happened.map((each) =>
        each.kind === "call" ? (
          <ToolUsed key={each.call.started_at} call={each.call} startedAt={started_at} />
        ) : (
          <Line key={each.turn.position} turn={each.turn} startedAt={started_at} atS={atS} onSeek={onSeek} />
        ),
      )}
    </ol>
  );
}

interface LineProps extends Omit<TranscriptProps, "conversation"> {
  turn: Turn;
  startedAt: string;
}

function Line({ turn, startedAt, atS, onSeek }: LineProps) {
  const { name, tone } = SPEAKERS[turn.speaker];
  const moment = momentOf(turn, startedAt);
  const isNow = atS !== null && atS >= moment.beginsS && atS < moment.endsS;
  return (
    <li className={cn("px-5 py-4 transition-colors", isNow && "bg-brand-soft/50")}>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className={cn("text-sm font-semibold", tone)}>
          {name}
          {turn.whispered && ", whispering to the assistant"}
        </span>
        <button
          type="button"
          className="rounded px-1 text-xs text-muted tabular-nums hover:text-ink"
          aria-label={`Play from ${formatDuration(moment.beginsS)}`}
          onClick={() => {
            onSeek(moment.beginsS);
          }}
        >
          {formatDuration(moment.beginsS)}
        </button>
        {turn.basis && <Badge className="ml-auto">{BASES[turn.basis]}</Badge>}
      </div>
      <p className="mt-1.5 leading-relaxed break-words">
        {wordsOf(turn.text, moment).map(({ text, beginsS, endsS }, index) => (
          <Fragment key={index}>
            {/* For pointers only: the keyboard has the turn's own button, and is spared a stop at each word. */}
            {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions */}
            <span
              className={cn(
                "cursor-pointer rounded-sm hover:bg-sunken",
                isNow && atS >= beginsS && atS < endsS && "bg-brand text-on-brand hover:bg-brand",
              )}
              onClick={() => {
                onSeek(beginsS);
              }}
            >
              {text}
            </span>{" "}
          </Fragment>
        ))}
        {turn.interrupted && (
          <>
            <span className="inline-flex items-center gap-1 align-middle text-xs font-medium text-warning">
              <Scissors className="size-3.5" aria-hidden />
              cut off here
            </span>{" "}
            {turn.unheard && (
              <>
                <span className="sr-only">Not heard:</span>
                <s className="text-muted">{turn.unheard}</s>
              </>
            )}
          </>
        )}
      </p>
      {turn.sources.length > 0 && (
        <ul aria-label="What it knew this from" className="mt-2.5 flex flex-wrap gap-1.5">
          {turn.sources.map(({ entry_id, title }) => (
            <li key={entry_id}>
              <Link
                to="/knowledge"
                search={{ entry: entry_id }}
                className="inline-flex items-center gap-1.5 rounded-full border px-2.5 py-0.5 text-xs text-muted transition-colors hover:border-line-strong hover:text-ink"
              >
                <BookOpen className="size-3" aria-hidden />
                {title}
              </Link>
            </li>
          ))}
        </ul>
      )}
      {turn.latency_ms && <Latency stages={turn.latency_ms} />}
      {turn.usage && <Usage usage={turn.usage} />}
    </li>
  );
}
