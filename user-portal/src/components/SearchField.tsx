import { StyleSheet, TextInput, View } from "react-native";
import { START } from "@/lib/direction";
import { Icon } from "./Icon";
import { radius, space, TOUCH, useColours } from "./theme";

interface Props {
  label: string;
  value: string;
  onChangeText: (text: string) => void;
}

export function SearchField({ label, value, onChangeText }: Props) {
  const colours = useColours();
  return (
    <View accessibilityRole="search" style={[styles.box, { backgroundColor: colours.sunken }]}>
      <Icon name="search" size={20} colour={colours.soft} />
      <TextInput
        aria-label={label}
        placeholder={label}
        placeholderTextColor={colours.soft}
        value={value}
        onChangeText={onChangeText}
        inputMode="search"
        autoCapitalize="none"
        autoCorrect={false}
        maxLength={80}
        clearButtonMode="while-editing"
        style={[styles.input, { color: colours.text }]}
      />
    </View>
  );
}

const styles = StyleSheet.create({
  box: {
    flexDirection: "row",
    alignItems: "center",
    gap: space.s,
    borderRadius: radius.round,
    paddingHorizontal: space.m,
    minHeight: TOUCH,
  },
  input: { flex: 1, textAlign: START, minWidth: 0, fontSize: 16, minHeight: TOUCH, outlineStyle: "none" as never },
});
