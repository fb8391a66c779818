import { useId, useState } from "react";
import { Pressable, StyleSheet, TextInput, View, type TextInputProps } from "react-native";
import { START } from "@/lib/direction";
import { Text } from "./Text";
import { radius, space, TOUCH, useColours } from "./theme";

interface Props extends Omit<TextInputProps, "style"> {
  label: string;
  hint?: string;
}

/** A labelled line to write in; a password may be shown. */
export function Field({ label, hint, secureTextEntry = false, ...rest }: Props) {
  const colours = useColours();
  const id = useId();
  const [shown, setShown] = useState(false);
  const [focused, setFocused] = useState(false);
  return (
    <View style={styles.field}>
      <Text kind="small" nativeID={id} style={styles.label}>
        {label}
      </Text>
      <View
        style={[styles.box, { backgroundColor: colours.surface, borderColor: focused ? colours.accent : colours.line }]}
      >
        <TextInput
          aria-label={label}
          accessibilityHint={hint}
          placeholderTextColor={colours.soft}
          secureTextEntry={secureTextEntry && !shown}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          style={[styles.input, { color: colours.text }]}
          {...rest}
        />
        {secureTextEntry && (
          <Pressable
            role="button"
            aria-label={shown ? "Hide password" : "Show password"}
            onPress={() => setShown(!shown)}
            style={styles.show}
          >
            <Text kind="small" style={{ color: colours.accent }}>
              {shown ? "Hide" : "Show"}
            </Text>
          </Pressable>
        )}
      </View>
      {hint && (
        <Text kind="small" soft>
          {hint}
        </Text>
      )}
    </View>
  );
}

const styles = StyleSheet.create({
  field: { gap: space.xs },
  label: { fontWeight: "600" },
  box: { flexDirection: "row", alignItems: "center", borderRadius: radius.s, borderWidth: 1.5 },
  input: {
    flex: 1,
    minWidth: 0,
    textAlign: START,
    minHeight: TOUCH,
    paddingHorizontal: space.m,
    fontSize: 16,
    // The box shows the focus.
    outlineStyle: "none" as never,
  },
  show: {
    minHeight: TOUCH,
    minWidth: TOUCH,
    justifyContent: "center",
    alignItems: "center",
    paddingHorizontal: space.s,
  },
});
