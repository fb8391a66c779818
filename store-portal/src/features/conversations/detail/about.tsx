import type { ReactNode } from "react";
import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { formatDuration } from "@/lib/time";
import { CHANNELS, endReason, worded } from "@/lib/words";
import type { ConversationWithTurns } from "../api/show-conversation";
import { OUTCOMES, secondsOf } from "../words";

/** What is known of a conversation besides its words. */
export function About({ conversation }: { conversation: ConversationWithTurns }) {
  const { channel, direction, summary, outcome, end_reason, assistant_version, turns } = conversation;
  const seconds = secondsOf(conversation);
  const answers = turns.filter((turn) => turn.answered_by !== null);
  const ownWords = answers.filter((turn) => turn.answered_by === "grounded").length;
  const cuts = turns.filter((turn) => turn.interrupted).length;
  return (
    <Card className="lg:sticky lg:top-5">
      <CardHeader title="About this call">
        {seconds === null ? <Badge tone="brand">Live</Badge> : outcome && <Badge>{worded(OUTCOMES, outcome)}</Badge>}
      </CardHeader>
      <div className="grid gap-4 px-5 pb-5 text-sm">
        {summary && <p className="leading-relaxed">{summary}</p>}
        <dl className="grid gap-2.5">
          <Fact name="Channel">{worded(CHANNELS, channel)}</Fact>
          <Fact name="Direction">{direction === "outbound" ? "You called" : "They called"}</Fact>
          <Fact name="Length">{seconds === null ? "still going on" : formatDuration(seconds)}</Fact>
          {end_reason && <Fact name="Ended">{endReason(end_reason)}</Fact>}
          <Fact name="Assistant">{assistant_version === null ? "Draft" : `Version ${assistant_version}`}</Fact>
          {answers.length > 0 && <Fact name="In your words">{`${ownWords} of ${answers.length} answers`}</Fact>}
          <Fact name="Cut off">{cuts === 1 ? "once" : `${cuts} times`}</Fact>
        </dl>
        <Noted conversation={conversation} />
      </div>
    </Card>
  );
}

const MISSING: Record<string, string> = {
  no_model: "Nothing was noted: it takes a language model of a company, and this server has none.",
  model_failed: "Nothing was noted: the language model failed.",
  nothing_said: "Nothing was noted, for nothing was said.",
};

/** What the store wanted to know of the call, and what was told of it. */
function Noted({ conversation: { fields, fields_missing: missing } }: { conversation: ConversationWithTurns }) {
  if (!fields) return null;
  return (
    <section aria-labelledby="noted" className="grid gap-2.5 border-t pt-4">
      <h3 id="noted" className="font-semibold">
        Noted
      </h3>
      {missing ? (
        <p className="text-muted">{worded(MISSING, missing)}</p>
      ) : (
        <dl className="grid gap-2.5">
          {Object.entries(fields).map(([name, value]) => (
            <Fact key={name} name={name.replaceAll("_", " ")}>
              {value === null ? "not told" : typeof value === "boolean" ? (value ? "yes" : "no") : value}
            </Fact>
          ))}
        </dl>
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-muted">{name}</dt>
      <dd className="text-right">{children}</dd>
    </div>
  );
}
