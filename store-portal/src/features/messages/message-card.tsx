import { Link } from "@tanstack/react-router";
import { Check, Phone, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/confirm";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { formatDateTime, formatWhen } from "@/lib/time";
import { useDeleteMessage } from "./api/delete-message";
import type { Message } from "./api/list-messages";
import { useMarkMessage } from "./api/mark-message";

/** One message, with what one does about it. */
export function MessageCard({ message }: { message: Message }) {
  const { id, name, number, text, confirmed, taken_at, done_at, conversation_id } = message;
  const [asking, setAsking] = useState(false);
  const mark = useMarkMessage();
  const remove = useDeleteMessage();
  const tell = useTell();
  const onError = (error: unknown) => {
    tell({ text: messageOf(error), tone: "danger" });
  };

  const setDone = (done: boolean) => {
    mark.mutate(
      { id, done },
      {
        onError,
        onSuccess: () => {
          const undo = () => {
            mark.mutate({ id, done: !done }, { onError });
          };
          tell({ text: done ? "Done." : "Back in the inbox.", action: { label: "Undo", run: undo } });
        },
      },
    );
  };

  return (
    <Card className="p-5">
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-semibold">{name ?? "Somebody"}</h2>
        {!confirmed && <Badge tone="warning">Not confirmed by the caller</Badge>}
        <time dateTime={taken_at} title={formatDateTime(taken_at)} className="ml-auto text-sm text-muted">
          {formatWhen(taken_at)}
        </time>
      </header>
      <p className="mt-2 max-w-prose leading-relaxed break-words whitespace-pre-wrap">{text}</p>
      <footer className="mt-4 flex flex-wrap items-center gap-2">
        {number && (
          <Button asChild look="primary" size="small">
            <a href={`tel:${number}`}>
              <Phone aria-hidden />
              Call {number}
            </a>
          </Button>
        )}
        {done_at ? (
          <Button
            size="small"
            busy={mark.isPending}
            onClick={() => {
              setDone(false);
            }}
          >
            <RotateCcw aria-hidden />
            Not done
          </Button>
        ) : (
          <Button
            size="small"
            busy={mark.isPending}
            onClick={() => {
              setDone(true);
            }}
          >
            <Check aria-hidden />
            Done
          </Button>
        )}
        <Link
          to="/conversations/$id"
          params={{ id: conversation_id }}
          className="px-2 text-sm font-medium text-brand underline-offset-4 hover:underline"
        >
          Listen to the call
        </Link>
        <Button
          look="quiet"
          size="small"
          className="ml-auto"
          aria-label={`Delete the message of ${name ?? "somebody"}`}
          onClick={() => {
            setAsking(true);
          }}
        >
          <Trash2 aria-hidden />
        </Button>
      </footer>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Delete this message?"
        about="It is gone for good; the call stays."
        action="Delete"
        onConfirm={() => {
          remove.mutate(id, { onError });
        }}
      />
    </Card>
  );
}
