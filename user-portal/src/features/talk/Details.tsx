import { StyleSheet, View } from "react-native";
import { Button } from "@/components/Button";
import { Card } from "@/components/Row";
import { Text } from "@/components/Text";
import { space } from "@/components/theme";
import type { State } from "./call";
import { qualityOf } from "./measures";

const QUALITY = { good: "Good", fair: "Fair", poor: "Poor" };

/** How the line is, for whoever wants to know. */
export function Details({ state, onClose }: { state: State; onClose: () => void }) {
  const { measures, latencyMs } = state;
  const { rttMs, jitterMs, lost } = measures;
  const rows = [
    ["Connection", QUALITY[qualityOf(measures)]],
    ["Answer after", inMs(latencyMs)],
    ["There and back", inMs(rttMs)],
    ["Jitter", inMs(jitterMs)],
    ["Lost", `${(lost * 100).toFixed(1)} %`],
  ] as const;
  return (
    <Card>
      <View style={styles.all}>
        {rows.map(([name, value]) => (
          <View key={name} style={styles.row} accessible aria-label={`${name}: ${value}`}>
            <Text kind="small" soft>
              {name}
            </Text>
            <Text kind="small">{value}</Text>
          </View>
        ))}
        <Button kind="link" label="Close" onPress={onClose} />
      </View>
    </Card>
  );
}

const inMs = (ms: number | null) => (ms === null ? "–" : `${ms} ms`);

const styles = StyleSheet.create({
  all: { padding: space.m, paddingBottom: 0, gap: space.xs },
  row: { flexDirection: "row", justifyContent: "space-between" },
});
