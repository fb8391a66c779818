import { useDeferredValue, useState } from "react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "@/components/Button";
import { Card, Row } from "@/components/Row";
import { Screen } from "@/components/Screen";
import { SearchField } from "@/components/SearchField";
import { Text } from "@/components/Text";
import { Empty, Failed, Waiting } from "@/components/Waiting";
import { lasted, when } from "@/lib/time";
import { conversations, type Conversation } from "./api";

/** One's own conversations, newest first; the search looks through every word of both sides. */
export function History({ onConversation }: { onConversation: (id: string) => void }) {
  const [search, setSearch] = useState("");
  const words = useDeferredValue(search.trim());
  const list = useInfiniteQuery({
    queryKey: ["conversations", words],
    queryFn: ({ pageParam }) => conversations(words, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_before,
    placeholderData: keepPreviousData,
  });
  const found = list.data?.pages.flatMap((page) => page.conversations) ?? [];
  return (
    <Screen top>
      <Text kind="hero">History</Text>
      <SearchField label="Search what was said" value={search} onChangeText={setSearch} />
      {list.error ? (
        <Failed error={list.error} again={() => void list.refetch()} />
      ) : list.isPending ? (
        <Waiting />
      ) : found.length === 0 ? (
        <Empty title={words ? "Nothing found" : "No conversations yet"}>
          {words ? "Try other words." : "Once you have talked to a store, you can read it again here."}
        </Empty>
      ) : (
        <Card>
          {found.map((conversation) => (
            <Row
              key={conversation.id}
              title={conversation.store_name}
              about={aboutOf(conversation)}
              onPress={() => onConversation(conversation.id)}
            />
          ))}
        </Card>
      )}
      {list.hasNextPage && (
        <Button
          kind="secondary"
          label="Show more"
          busy={list.isFetchingNextPage}
          onPress={() => void list.fetchNextPage()}
        />
      )}
    </Screen>
  );
}

function aboutOf({ started_at: from, ended_at: to, summary }: Conversation): string {
  const time = to ? `${when(from)} · ${lasted(from, to)}` : `${when(from)} · going on`;
  return summary ? `${time}\n${summary}` : time;
}
