import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { PhoneCall, RotateCw, SearchX } from "lucide-react";
import { useMemo } from "react";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { listConversations } from "./api/list-conversations";
import { ConversationTable } from "./conversation-table";
import { ExportMenu } from "./export-menu";
import { FilterBar } from "./filter-bar";
import { queryOf, type Filters } from "./filters";
import { Views } from "./views";

const route = getRouteApi("/inside/conversations");

/** Every conversation of the store; what is shown stands in the address. */
export default function ConversationsScreen() {
  const chosen = route.useSearch();
  const navigate = route.useNavigate();
  const show = (search: Filters) => void navigate({ to: "/conversations", search, replace: true });
  return (
    <Page
      full
      title="Conversations"
      about="Who called, and what came of it."
      actions={
        <>
          <Refresh />
          <ExportMenu chosen={chosen} />
        </>
      }
    >
      <Card className="flex min-h-0 flex-col overflow-hidden">
        <Views chosen={chosen} onChange={show} />
        <FilterBar chosen={chosen} onChange={show} />
        <Conversations
          chosen={chosen}
          onClear={() => {
            show({});
          }}
        />
      </Card>
    </Page>
  );
}

/** Back to the newest. */
function Refresh() {
  const queries = useQueryClient();
  return (
    <Button size="icon" aria-label="Refresh" onClick={() => void queries.resetQueries({ queryKey: ["conversations"] })}>
      <RotateCw aria-hidden />
    </Button>
  );
}

function Conversations({ chosen, onClear }: { chosen: Filters; onClear: () => void }) {
  const query = useInfiniteQuery(listConversations(chosen));
  // The table makes its rows anew for another array.
  const conversations = useMemo(() => query.data?.pages.flatMap((page) => page.conversations) ?? [], [query.data]);
  if (query.isPending) return <SkeletonLines lines={10} className="p-6" />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (conversations.length === 0) {
    return Object.keys(queryOf(chosen)).length > 0 ? (
      <Empty icon={SearchX} title="Nothing matches">
        <Button onClick={onClear}>Show all conversations</Button>
      </Empty>
    ) : (
      <Empty icon={PhoneCall} title="Nobody has called yet">
        Once somebody talks to your assistant, every word of it is here.
      </Empty>
    );
  }
  return (
    <ConversationTable
      conversations={conversations}
      isWhole={!query.hasNextPage}
      onEnd={() => {
        if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
      }}
    />
  );
}
