import { Pressable, StyleSheet } from "react-native";
import { Text } from "./Text";
import { radius, space, useColours } from "./theme";

/** A small switch, or a short way to something. */
export function Chip({ label, on, onPress }: { label: string; on?: boolean; onPress: () => void }) {
  const colours = useColours();
  return (
    <Pressable
      role={on === undefined ? "button" : "switch"}
      {...(on !== undefined && { "aria-checked": on })}
      aria-label={label}
      onPress={onPress}
      hitSlop={6}
      style={({ pressed }) => [
        styles.chip,
        {
          backgroundColor: on ? colours.accent : colours.surface,
          borderColor: on ? colours.accent : colours.line,
          opacity: pressed ? 0.8 : 1,
        },
      ]}
    >
      <Text kind="small" style={{ color: on ? colours.onAccent : colours.text }}>
        {label}
      </Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  chip: {
    minHeight: 36,
    justifyContent: "center",
    borderRadius: radius.round,
    borderWidth: 1,
    paddingHorizontal: space.m,
  },
});
