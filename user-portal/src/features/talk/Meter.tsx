import { StyleSheet, View } from "react-native";
import { Text } from "@/components/Text";
import { space, useColours } from "@/components/theme";

const BARS = 12;

/** How loud somebody is. */
export function Meter({ label, level }: { label: string; level: number }) {
  const colours = useColours();
  const lit = Math.round(level * BARS);
  return (
    <View
      role="meter"
      aria-label={`${label}, loudness`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(level * 100)}
      style={styles.meter}
    >
      <Text kind="small" soft>
        {label}
      </Text>
      <View style={styles.bars}>
        {Array.from({ length: BARS }, (_, index) => (
          <View key={index} style={[styles.bar, { backgroundColor: index < lit ? colours.accent : colours.line }]} />
        ))}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  meter: { alignItems: "center", gap: space.xs, flex: 1, maxWidth: 180 },
  bars: { flexDirection: "row", gap: 3, height: 10, alignSelf: "stretch" },
  bar: { flex: 1, borderRadius: 2 },
});
