import { Ear, EarOff, Mic, MicOff, PhoneOff, Send } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { Input } from "@/components/ui/field";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { useEnd, useWhisper } from "./api/act";
import { Hold } from "./hold";
import { ListeningIn, type Listening } from "./listening";

interface StaffProps {
  id: string;
  /** Whether somebody of the store speaks in the assistant's place, be it here or elsewhere. */
  takenOver: boolean;
}

/** What somebody of the store can do in a conversation: whisper, listen in, speak, end it. */
export function Staff({ id, takenOver }: StaffProps) {
  const [state, setState] = useState<Listening>("off");
  const [holds, setHolds] = useState(false);
  const line = useRef<ListeningIn | null>(null);
  const tell = useTell();
  useEffect(
    () => () => {
      line.current?.close();
    },
    [],
  );

  const fail = (text: string) => {
    tell({ text, tone: "danger" });
  };
  const listen = async () => {
    const opened = new ListeningIn(id, { onState: setState, onProblem: fail });
    line.current = opened;
    try {
      await opened.start();
    } catch (thrown) {
      opened.close();
      fail(messageOf(thrown));
    }
  };

  return (
    <div className="grid gap-3 border-t px-5 py-4">
      <Whisper id={id} onError={fail} />
      <div className="flex flex-wrap gap-2">
        {state === "off" || state === "connecting" ? (
          <Button size="small" busy={state === "connecting"} onClick={() => void listen()}>
            <Ear aria-hidden />
            Listen in
          </Button>
        ) : (
          <Button
            size="small"
            onClick={() => {
              line.current?.close();
            }}
          >
            <EarOff aria-hidden />
            Stop listening
          </Button>
        )}
        {state === "listening" && (
          <Button size="small" disabled={takenOver} onClick={() => void line.current?.takeOver()}>
            <Mic aria-hidden />
            Take over
          </Button>
        )}
        {state === "speaking" && (
          <Button
            size="small"
            look="primary"
            onClick={() => {
              line.current?.handBack();
            }}
          >
            <MicOff aria-hidden />
            Hand back
          </Button>
        )}
        {state !== "speaking" && <Hold id={id} holds={holds} onHolds={setHolds} onError={fail} />}
        <End id={id} onError={fail} />
      </div>
      <p role="status" className="text-sm text-brand empty:hidden">
        {state === "speaking"
          ? "The caller hears you now; the assistant is silent."
          : takenOver
            ? "A colleague speaks to the caller; the assistant is silent."
            : holds && "The caller is on hold, and hears music."}
      </p>
    </div>
  );
}

interface ActProps {
  id: string;
  onError: (problem: string) => void;
}

function Whisper({ id, onError }: ActProps) {
  const [text, setText] = useState("");
  const whisper = useWhisper(id);
  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        whisper.mutate(text.trim(), {
          onSuccess: () => {
            setText("");
          },
          onError: (error) => {
            onError(messageOf(error));
          },
        });
      }}
    >
      <Input
        aria-label="Whisper to the assistant"
        placeholder="Whisper: offer them ten percent…"
        className="h-8 text-sm"
        maxLength={1000}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <Button type="submit" size="small" busy={whisper.isPending} disabled={!text.trim()} aria-label="Whisper">
        <Send aria-hidden />
      </Button>
    </form>
  );
}

function End({ id, onError }: ActProps) {
  const [asking, setAsking] = useState(false);
  const end = useEnd(id);
  return (
    <>
      <Button
        look="danger"
        size="small"
        className="ml-auto"
        busy={end.isPending}
        onClick={() => {
          setAsking(true);
        }}
      >
        <PhoneOff aria-hidden />
        End
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="End this conversation?"
        about="The assistant says goodbye, and hangs up."
        action="End it"
        onConfirm={() => {
          end.mutate(undefined, {
            onError: (error) => {
              onError(messageOf(error));
            },
          });
        }}
      />
    </>
  );
}
