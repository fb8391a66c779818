import { type ReactNode } from "react";
import { Pressable, StyleSheet, View } from "react-native";
import { Icon, type IconName } from "./Icon";
import { Text } from "./Text";
import { radius, space, TOUCH, useColours, useCramped } from "./theme";

const ABOUT_LINES = 4;

/** A card that holds rows. */
export function Card({ children }: { children: ReactNode }) {
  const colours = useColours();
  return <View style={[styles.card, { backgroundColor: colours.surface, borderColor: colours.line }]}>{children}</View>;
}

interface Props {
  title: string;
  about?: string;
  icon?: IconName;
  /** What a screen reader says in place of title and about. */
  label?: string;
  trailing?: ReactNode;
  danger?: boolean;
  onPress?: () => void;
}

export function Row({ title, about, icon, label, trailing, danger = false, onPress }: Props) {
  const colours = useColours();
  const cramped = useCramped();
  const colour = danger ? colours.danger : colours.text;
  const inside = (
    <>
      {icon && !cramped && <Icon name={icon} size={22} colour={danger ? colours.danger : colours.accent} />}
      <View style={styles.inside}>
        <View style={styles.words}>
          <Text style={[styles.title, { color: colour }]}>{title}</Text>
          {about && (
            <Text kind="small" soft {...(!cramped && { numberOfLines: ABOUT_LINES })}>
              {about}
            </Text>
          )}
        </View>
        {trailing}
      </View>
      {onPress && !danger && <Icon name="next" size={18} colour={colours.soft} />}
    </>
  );
  if (!onPress) return <View style={[styles.row, !about && styles.plain]}>{inside}</View>;
  return (
    <Pressable
      role="button"
      aria-label={label ?? (about ? `${title}. ${about}` : title)}
      onPress={onPress}
      style={({ pressed }) => [styles.row, pressed && { backgroundColor: colours.sunken }]}
    >
      {inside}
    </Pressable>
  );
}

const styles = StyleSheet.create({
  card: { borderRadius: radius.m, borderWidth: StyleSheet.hairlineWidth, overflow: "hidden" },
  row: {
    minHeight: TOUCH + space.m,
    flexDirection: "row",
    alignItems: "center",
    gap: space.m,
    paddingHorizontal: space.m,
    paddingVertical: space.s + 4,
  },
  plain: { minHeight: TOUCH - space.s, paddingVertical: space.xs },
  // Large text pushes what follows it below.
  inside: {
    flex: 1,
    flexDirection: "row",
    flexWrap: "wrap",
    alignItems: "center",
    columnGap: space.m,
    rowGap: space.xs,
  },
  words: { flexGrow: 1, flexShrink: 1, flexBasis: 96, gap: 2 },
  title: { fontWeight: "600" },
});
