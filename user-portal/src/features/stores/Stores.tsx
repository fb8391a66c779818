import { useDeferredValue, useState } from "react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { StyleSheet, View } from "react-native";
import { Button } from "@/components/Button";
import { Chip } from "@/components/Chip";
import { Card, Row } from "@/components/Row";
import { Screen } from "@/components/Screen";
import { SearchField } from "@/components/SearchField";
import { Text } from "@/components/Text";
import { space } from "@/components/theme";
import { Empty, Failed, Waiting } from "@/components/Waiting";
import { stores } from "./api";
import { OpenBadge } from "./OpenBadge";
import { recents } from "./recents";

export function Stores({ onStore }: { onStore: (slug: string) => void }) {
  const [search, setSearch] = useState("");
  const [open, setOpen] = useState(false);
  const sought = { search: useDeferredValue(search.trim()), open };
  const list = useInfiniteQuery({
    queryKey: ["stores", sought],
    queryFn: ({ pageParam }) => stores(sought, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_after,
    placeholderData: keepPreviousData,
  });
  const found = list.data?.pages.flatMap((page) => page.stores) ?? [];
  const lately = search || open ? [] : recents();
  return (
    <Screen top>
      <Text kind="hero">Stores</Text>
      <SearchField label="Search stores" value={search} onChangeText={setSearch} />
      <View style={styles.chips}>
        <Chip label="Open now" on={open} onPress={() => setOpen(!open)} />
      </View>
      {lately.length > 0 && (
        <>
          <Text kind="heading">Recent</Text>
          <View style={styles.chips}>
            {lately.map(({ slug, name }) => (
              <Chip key={slug} label={name} onPress={() => onStore(slug)} />
            ))}
          </View>
          <Text kind="heading">All stores</Text>
        </>
      )}
      {list.error ? (
        <Failed error={list.error} again={() => void list.refetch()} />
      ) : list.isPending ? (
        <Waiting />
      ) : found.length === 0 && !list.hasNextPage ? (
        <Empty title="No store found">
          {open ? "None of them is open right now." : "Try another name, or only a part of it."}
        </Empty>
      ) : (
        <Card>
          {found.map((store) => (
            <Row
              key={store.slug}
              icon="store"
              title={store.name}
              about={`${store.assistant} answers`}
              label={`${store.name}, ${store.open ? "open" : "closed"}. ${store.assistant} answers.`}
              trailing={<OpenBadge open={store.open} />}
              onPress={() => onStore(store.slug)}
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

const styles = StyleSheet.create({
  chips: { flexDirection: "row", flexWrap: "wrap", gap: space.s },
});
