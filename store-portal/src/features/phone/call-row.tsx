import { Link } from "@tanstack/react-router";
import { PhoneIncoming, PhoneOff, PhoneOutgoing } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { formatDateTime, formatDuration, formatWhen } from "@/lib/time";
import { endReason } from "@/lib/words";
import { useHangUp, type Call } from "./api/calls";
import { formatCost } from "./cost";

/** One call: with whom, how it went and what it came to. */
export function CallRow({ call }: { call: Call }) {
  const { id, direction, state, number, caller_number, started_at, conversation_id, duration_s } = call;
  const outbound = direction === "outbound";
  const Arrow = outbound ? PhoneOutgoing : PhoneIncoming;
  const took = [duration_s !== null && formatDuration(duration_s), formatCost(call)].filter(Boolean).join(" · ");
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <Arrow className="size-4.5 shrink-0 text-muted" aria-hidden />
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium tabular-nums">
          <span className="sr-only">{outbound ? "Called: " : "Called by "}</span>
          {caller_number ?? "Number withheld"}
          {state === "ringing" && <Badge tone="warning">Ringing</Badge>}
          {state === "live" && <Badge tone="brand">Live</Badge>}
        </p>
        <p className="text-sm text-muted">
          <time dateTime={started_at} title={formatDateTime(started_at)}>
            {formatWhen(started_at)}
          </time>
          {outbound ? `, from ${number}` : `, at ${number}`}
          {ending(call)}
        </p>
      </div>
      <div className="flex basis-full flex-wrap items-center gap-x-4 gap-y-2 ps-8.5 empty:hidden sm:basis-auto sm:ps-0">
        {took && <p className="text-sm text-muted tabular-nums">{took}</p>}
        {conversation_id && (
          <Link
            to="/conversations/$id"
            params={{ id: conversation_id }}
            aria-label={`Conversation of ${formatWhen(started_at)}`}
            className="text-sm font-medium text-brand underline-offset-4 hover:underline"
          >
            Conversation
          </Link>
        )}
        {state !== "ended" && <HangUp id={id} who={caller_number ?? "this call"} />}
      </div>
    </div>
  );
}

function ending({ end_reason, answered_by, transferred_to }: Call): string {
  const machine = answered_by?.startsWith("machine") && end_reason !== "machine" ? ". A machine answered" : "";
  const handedOver = transferred_to ? `. Handed over to ${transferred_to}` : "";
  const isTold = end_reason === null || (handedOver && end_reason === "transferred");
  return `${machine}${handedOver}${isTold ? "" : `. ${endReason(end_reason)}`}`;
}

function HangUp({ id, who }: { id: string; who: string }) {
  const [asking, setAsking] = useState(false);
  const hangUp = useHangUp();
  const tell = useTell();
  return (
    <>
      <Button
        look="danger"
        size="small"
        busy={hangUp.isPending}
        aria-label={`Hang up on ${who}`}
        onClick={() => {
          setAsking(true);
        }}
      >
        <PhoneOff aria-hidden />
        Hang up
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Hang up on ${who}?`}
        about="The line is closed at once, in the middle of a word."
        action="Hang up"
        onConfirm={() => {
          hangUp.mutate(id, {
            onError: (error) => {
              tell({ text: messageOf(error), tone: "danger" });
            },
          });
        }}
      />
    </>
  );
}
