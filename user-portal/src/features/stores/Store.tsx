import { useQuery } from "@tanstack/react-query";
import { StyleSheet, View } from "react-native";
import { Button } from "@/components/Button";
import { Card, Row } from "@/components/Row";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { space } from "@/components/theme";
import { Failed, Waiting } from "@/components/Waiting";
import { timeOfDay, when } from "@/lib/time";
import { store, type Assistant, type StorePage } from "./api";
import { OpenBadge } from "./OpenBadge";

const ABILITIES: Record<Assistant["can"][number], string> = {
  lookup_knowledge: "answers questions about the store",
  opening_hours: "knows the opening hours",
  take_message: "takes a message",
  transfer_call: "puts you through to the staff",
  end_conversation: "says goodbye when you are done",
};

interface Props {
  slug: string;
  onTalk: (store: StorePage, assistant: Assistant) => void;
}

/** A store, who answers there, and when it is open. */
export function Store({ slug, onTalk }: Props) {
  const page = useQuery({ queryKey: ["store", slug], queryFn: () => store(slug) });
  if (page.error) return <Failed error={page.error} again={() => void page.refetch()} />;
  if (!page.data) return <Waiting />;
  const { name, open, next_opening: next, hours, holidays, assistants } = page.data;
  return (
    <Screen>
      <View style={styles.top}>
        <Text kind="hero">{name}</Text>
        <View style={styles.line}>
          <OpenBadge open={open} />
          {!open && next && (
            <Text kind="small" soft>
              Opens {when(next)}
            </Text>
          )}
        </View>
      </View>
      {assistants.map((assistant) => (
        <View key={assistant.slug} style={styles.assistant}>
          <Text soft>
            {assistant.name} {inOneSentence(assistant.can.map((ability) => ABILITIES[ability]))}.
          </Text>
          <Button
            icon="mic"
            kind={assistant.default ? "primary" : "secondary"}
            label={`Talk to ${assistant.name}`}
            onPress={() => onTalk(page.data, assistant)}
          />
        </View>
      ))}
      <Text kind="heading">Opening hours</Text>
      <Card>
        {hours.map(({ weekday, hours: spans }) => (
          <Row key={weekday} title={capital(weekday)} trailing={<Text soft>{told(spans)}</Text>} />
        ))}
      </Card>
      {holidays.length > 0 && (
        <>
          <Text kind="heading">Coming up</Text>
          <Card>
            {holidays.map((holiday) => (
              <Row
                key={holiday.first + holiday.name}
                title={holiday.name}
                about={holiday.first === holiday.last ? holiday.first : `${holiday.first} to ${holiday.last}`}
                trailing={<Text soft>{told(holiday.hours)}</Text>}
              />
            ))}
          </Card>
        </>
      )}
    </Screen>
  );
}

const told = (spans: StorePage["hours"][number]["hours"]) =>
  spans.map(({ opens, closes }) => `${timeOfDay(opens)} – ${timeOfDay(closes)}`).join(", ") || "Closed";

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function inOneSentence(parts: string[]): string {
  const last = parts.at(-1) ?? "answers";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

const styles = StyleSheet.create({
  top: { gap: space.s },
  line: { flexDirection: "row", alignItems: "center", flexWrap: "wrap", gap: space.s },
  assistant: { gap: space.s + 4, marginBottom: space.s },
});
