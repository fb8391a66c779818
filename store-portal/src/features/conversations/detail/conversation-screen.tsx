import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ArrowLeft, MessageSquareOff, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/confirm";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { ApiError, messageOf } from "@/lib/api/errors";
import { formatDateTime } from "@/lib/time";
import { useDeleteConversation } from "../api/delete-conversation";
import { showConversation, type ConversationWithTurns } from "../api/show-conversation";
import { callerOf } from "../words";
import { About } from "./about";
import { Player, type Playing } from "./player";
import { Transcript } from "./transcript";

const route = getRouteApi("/inside/conversations/$id");

/** One conversation on one timeline: its sound, its words, and what happened at each. */
export default function ConversationScreen() {
  const { id } = route.useParams();
  const query = useQuery(showConversation(id));
  if (query.data) return <Conversation key={id} conversation={query.data} />;
  const isGone = query.error instanceof ApiError && query.error.status === 404;
  return (
    <Page title="Conversation" actions={<Back />}>
      <Card>
        {query.isPending && <SkeletonLines lines={10} className="p-6" />}
        {isGone && <Empty icon={MessageSquareOff} title="This conversation is not there, or no longer" />}
        {query.isError && !isGone && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      </Card>
    </Page>
  );
}

function Conversation({ conversation }: { conversation: ConversationWithTurns }) {
  const [atS, setAtS] = useState<number | null>(null);
  const player = useRef<Playing>(null);
  const isOver = conversation.ended_at !== null;
  const turns = <Transcript conversation={conversation} atS={atS} onSeek={(toS) => player.current?.playFrom(toS)} />;
  return (
    <Page
      title={callerOf(conversation)}
      about={<time dateTime={conversation.started_at}>{formatDateTime(conversation.started_at)}</time>}
      actions={
        <>
          <Back />
          {isOver && <Delete id={conversation.id} />}
        </>
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_18.5rem]">
        <div className="grid min-w-0 gap-5">
          {isOver && <Player ref={player} id={conversation.id} onTime={setAtS} />}
          <Card className="overflow-hidden">{turns}</Card>
        </div>
        <About conversation={conversation} />
      </div>
    </Page>
  );
}

function Back() {
  return (
    <Button asChild look="quiet">
      <Link to="/conversations">
        <ArrowLeft aria-hidden />
        Conversations
      </Link>
    </Button>
  );
}

function Delete({ id }: { id: string }) {
  const [asking, setAsking] = useState(false);
  const remove = useDeleteConversation();
  const navigate = useNavigate();
  const tell = useTell();
  return (
    <>
      <Button
        look="danger"
        busy={remove.isPending}
        onClick={() => {
          setAsking(true);
        }}
      >
        <Trash2 aria-hidden />
        Delete
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Delete this conversation?"
        about="Its words and its recording are gone for good, and so are its messages."
        action="Delete"
        onConfirm={() => {
          remove.mutate(id, {
            onSuccess: () => {
              void navigate({ to: "/conversations" });
            },
            onError: (error) => {
              tell({ text: messageOf(error), tone: "danger" });
            },
          });
        }}
      />
    </>
  );
}
