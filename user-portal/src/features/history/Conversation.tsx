import { useQuery, useQueryClient } from "@tanstack/react-query";
import { StyleSheet, View } from "react-native";
import { Bubble } from "@/components/Bubble";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { space } from "@/components/theme";
import { useAction } from "@/components/useAction";
import { Empty, Failed, Waiting } from "@/components/Waiting";
import { asked } from "@/lib/asking";
import { share } from "@/lib/sharing";
import { lasted, when } from "@/lib/time";
import { conversation, deleteConversation } from "./api";
import { Player } from "./Player";
import { transcriptOf } from "./transcript";

/** One conversation, word for word. */
export function Conversation({ id, onGone }: { id: string; onGone: () => void }) {
  const client = useQueryClient();
  const shown = useQuery({ queryKey: ["conversation", id], queryFn: () => conversation(id) });
  const sharing = useAction(async () => {
    if (shown.data) await share(`Conversation with ${shown.data.store_name}`, transcriptOf(shown.data));
  });
  const deleting = useAction(async () => {
    const sure = await asked({ title: "Delete this conversation?", about: "It goes for good.", yes: "Delete" });
    if (!sure) return;
    await deleteConversation(id);
    await client.invalidateQueries({ queryKey: ["conversations"] });
    onGone();
  });
  if (shown.error) return <Failed error={shown.error} again={() => void shown.refetch()} />;
  if (!shown.data) return <Waiting />;
  const { store_name: store, started_at: from, ended_at: to, summary, turns } = shown.data;
  const problem = sharing.problem ?? deleting.problem;
  return (
    <Screen>
      <View>
        <Text kind="title">{store}</Text>
        <Text kind="small" soft>
          {when(from)}
          {to && ` · ${lasted(from, to)}`}
        </Text>
      </View>
      {summary && <Text soft>{summary}</Text>}
      {problem && <Notice kind="danger">{problem}</Notice>}
      <Player id={id} />
      {turns.length === 0 ? (
        <Empty title="Nothing was said">The conversation ended before a word was spoken.</Empty>
      ) : (
        <View style={styles.turns}>
          {turns.map(({ position, speaker, text, interrupted }) => (
            <Bubble key={position} mine={speaker === "caller"} who={speaker === "caller" ? "You" : store}>
              {interrupted ? `${text} –` : text}
            </Bubble>
          ))}
        </View>
      )}
      <View style={styles.actions}>
        <Button kind="secondary" icon="share" label="Share as text" onPress={sharing.run} busy={sharing.busy} />
        {to && <Button kind="danger" icon="trash" label="Delete" onPress={deleting.run} busy={deleting.busy} />}
      </View>
    </Screen>
  );
}

const styles = StyleSheet.create({
  turns: { gap: space.s },
  actions: { flexDirection: "row", flexWrap: "wrap", gap: space.s, marginTop: space.s },
});
