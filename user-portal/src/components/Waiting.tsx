import { ActivityIndicator, StyleSheet, View } from "react-native";
import { inWords } from "@/lib/api/problem";
import { Button } from "./Button";
import { Text } from "./Text";
import { space, useColours } from "./theme";

/** Something is on its way. */
export function Waiting({ label = "Loading" }: { label?: string }) {
  const colours = useColours();
  return (
    <View style={styles.middle} role="progressbar" aria-label={label}>
      <ActivityIndicator size="large" color={colours.accent} />
    </View>
  );
}

/** It did not come: why, and once more. */
export function Failed({ error, again }: { error: unknown; again: () => void }) {
  return (
    <View style={styles.middle} role="alert">
      <Text soft style={styles.words}>
        {inWords(error)}
      </Text>
      <Button kind="secondary" label="Try again" onPress={again} />
    </View>
  );
}

/** There is nothing yet, and what to do about that. */
export function Empty({ title, children }: { title: string; children: string }) {
  return (
    <View style={styles.middle}>
      <Text kind="heading" style={styles.words}>
        {title}
      </Text>
      <Text soft style={styles.words}>
        {children}
      </Text>
    </View>
  );
}

const styles = StyleSheet.create({
  middle: {
    flexGrow: 1,
    minHeight: 160,
    alignItems: "center",
    justifyContent: "center",
    gap: space.m,
    padding: space.l,
  },
  words: { textAlign: "center", maxWidth: 360 },
});
