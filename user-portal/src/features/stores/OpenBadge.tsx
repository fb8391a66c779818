import { StyleSheet, View } from "react-native";
import { Text } from "@/components/Text";
import { radius, space, useColours } from "@/components/theme";

export function OpenBadge({ open }: { open: boolean }) {
  const colours = useColours();
  return (
    <View style={[styles.badge, { backgroundColor: open ? colours.accentSoft : colours.sunken }]}>
      <View style={[styles.dot, { backgroundColor: open ? colours.accent : colours.soft }]} />
      <Text kind="small" style={{ color: open ? colours.accent : colours.soft }}>
        {open ? "Open" : "Closed"}
      </Text>
    </View>
  );
}

const styles = StyleSheet.create({
  badge: {
    flexDirection: "row",
    alignItems: "center",
    gap: 6,
    borderRadius: radius.round,
    paddingHorizontal: space.s + 2,
    paddingVertical: 3,
  },
  dot: { width: 7, height: 7, borderRadius: radius.round },
});
