import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Choice } from "@/components/ui/choice";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { listMessages, type Status } from "./api/list-messages";
import { MessageCard } from "./message-card";

const STATUSES: { value: Status; label: string }[] = [
  { value: "open", label: "Inbox" },
  { value: "done", label: "Done" },
];

const route = getRouteApi("/inside/messages");

/** What callers asked to be told to the store. */
export default function MessagesScreen() {
  const { status } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title="Messages"
      about="What callers left for you, newest first."
      actions={
        <Choice
          label="Which messages"
          options={STATUSES}
          value={status}
          onChange={(value) => void navigate({ search: { status: value } })}
        />
      }
    >
      <Messages key={status} status={status} />
    </Page>
  );
}

function Messages({ status }: { status: Status }) {
  const query = useInfiniteQuery(listMessages(status));
  if (query.isPending) {
    return (
      <Card className="p-6">
        <SkeletonLines lines={6} />
      </Card>
    );
  }
  if (query.isError) {
    return (
      <Card>
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  const messages = query.data.pages.flatMap((page) => page.messages);
  if (messages.length === 0) {
    return (
      <Card>
        <Empty icon={Inbox} title={status === "open" ? "Nobody is waiting" : "Nothing is done yet"}>
          {status === "open" && "When a caller asks to be called back, the assistant takes a message, and it is here."}
        </Empty>
      </Card>
    );
  }
  return (
    <div className="grid gap-3">
      <ul className="grid gap-3">
        {messages.map((message) => (
          <li key={message.id}>
            <MessageCard message={message} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          className="justify-self-center"
          busy={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Older messages
        </Button>
      )}
    </div>
  );
}
