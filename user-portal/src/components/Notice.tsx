import { useEffect } from "react";
import { AccessibilityInfo, Platform, StyleSheet, View } from "react-native";
import { Text } from "./Text";
import { radius, space, useColours } from "./theme";

/** Something that a person should know at once; screen readers say it. */
export function Notice({ children, kind = "info" }: { children: string; kind?: "info" | "warm" | "danger" }) {
  const colours = useColours();
  useEffect(() => {
    // iOS knows no live regions.
    if (Platform.OS === "ios") AccessibilityInfo.announceForAccessibility(children);
  }, [children]);
  const paint = {
    info: { back: colours.accentSoft, front: colours.text },
    warm: { back: colours.warmSoft, front: colours.warm },
    danger: { back: colours.dangerSoft, front: colours.danger },
  }[kind];
  return (
    <View
      accessible
      role="alert"
      aria-live={kind === "danger" ? "assertive" : "polite"}
      style={[styles.notice, { backgroundColor: paint.back }]}
    >
      <Text kind="small" style={{ color: paint.front }}>
        {children}
      </Text>
    </View>
  );
}

const styles = StyleSheet.create({
  notice: { borderRadius: radius.s, paddingVertical: space.s + 4, paddingHorizontal: space.m },
});
