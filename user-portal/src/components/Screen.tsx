import { type ReactNode } from "react";
import { ScrollView, StyleSheet, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { COLUMN, space, useColours } from "./theme";

/** A page that scrolls, one column wide. */
export function Screen({ children, top = false }: { children: ReactNode; top?: boolean }) {
  const colours = useColours();
  const insets = useSafeAreaInsets();
  return (
    <ScrollView
      style={{ backgroundColor: colours.background }}
      contentContainerStyle={[
        styles.content,
        { paddingTop: top ? insets.top + space.l : space.s, paddingBottom: insets.bottom + space.xl },
      ]}
      keyboardShouldPersistTaps="handled"
      automaticallyAdjustKeyboardInsets
    >
      <View style={styles.column}>{children}</View>
    </ScrollView>
  );
}

const styles = StyleSheet.create({
  content: { flexGrow: 1, alignItems: "center", paddingHorizontal: space.l - space.xs },
  column: { width: "100%", maxWidth: COLUMN, flexGrow: 1, gap: space.m },
});
