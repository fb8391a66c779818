import { ActivityIndicator, Pressable, StyleSheet, View } from "react-native";
import { Icon, type IconName } from "./Icon";
import { Text } from "./Text";
import { radius, space, TOUCH, useColours, useCramped, type Colours } from "./theme";

type Kind = "primary" | "secondary" | "danger" | "link";

interface Props {
  label: string;
  onPress: () => void;
  kind?: Kind;
  icon?: IconName;
  busy?: boolean;
  disabled?: boolean;
  hint?: string;
}

export function Button({ label, onPress, kind = "primary", icon, busy = false, disabled = false, hint }: Props) {
  const colours = useColours();
  const { back, front } = painted(kind, colours);
  return (
    <Pressable
      role="button"
      aria-label={label}
      accessibilityHint={hint}
      aria-busy={busy}
      disabled={busy || disabled}
      onPress={onPress}
      style={({ pressed }) => [
        styles.button,
        kind === "link" && styles.link,
        { backgroundColor: back, opacity: disabled ? 0.5 : pressed ? 0.8 : 1 },
      ]}
    >
      {busy ? <ActivityIndicator color={front} /> : icon && <Icon name={icon} size={20} colour={front} />}
      <Text style={[styles.label, { color: front }]}>{label}</Text>
    </Pressable>
  );
}

interface RoundProps {
  label: string;
  icon: IconName;
  onPress: () => void;
  caption?: string;
  on?: boolean;
  danger?: boolean;
  disabled?: boolean;
}

/** A round button with a picture, and a word below it. */
export function RoundButton({
  label,
  icon,
  onPress,
  caption,
  on = false,
  danger = false,
  disabled = false,
}: RoundProps) {
  const colours = useColours();
  const cramped = useCramped();
  const back = danger ? colours.danger : on ? colours.accent : colours.sunken;
  const front = danger || on ? (colours.dark ? colours.background : "#ffffff") : colours.text;
  return (
    <View style={styles.column}>
      <Pressable
        role="button"
        aria-label={label}
        aria-pressed={on}
        accessibilityState={{ selected: on, disabled }}
        disabled={disabled}
        onPress={onPress}
        style={({ pressed }) => [
          styles.round,
          cramped && styles.small,
          { backgroundColor: back, opacity: disabled ? 0.4 : pressed ? 0.8 : 1 },
        ]}
      >
        <Icon name={icon} size={26} colour={front} />
      </Pressable>
      {caption && !cramped && (
        <Text kind="small" soft aria-hidden numberOfLines={1} style={styles.caption}>
          {caption}
        </Text>
      )}
    </View>
  );
}

function painted(kind: Kind, colours: Colours): { back: string; front: string } {
  switch (kind) {
    case "primary":
      return { back: colours.accent, front: colours.onAccent };
    case "secondary":
      return { back: colours.sunken, front: colours.text };
    case "danger":
      return { back: colours.dangerSoft, front: colours.danger };
    case "link":
      return { back: "transparent", front: colours.accent };
  }
}

const styles = StyleSheet.create({
  button: {
    minHeight: TOUCH + 4,
    borderRadius: radius.m,
    paddingHorizontal: space.l,
    paddingVertical: space.s,
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    gap: space.s,
  },
  link: { minHeight: TOUCH, paddingHorizontal: space.s },
  label: { fontWeight: "600", textAlign: "center" },
  column: { alignItems: "center", gap: space.xs },
  round: { width: 56, height: 56, borderRadius: radius.round, alignItems: "center", justifyContent: "center" },
  small: { width: 44, height: 44 },
  caption: { fontSize: 12 },
});
