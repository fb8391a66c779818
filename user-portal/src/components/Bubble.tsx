import { StyleSheet, View } from "react-native";
import { Text } from "./Text";
import { radius, space, useColours } from "./theme";

interface Props {
  mine: boolean;
  who: string;
  /** Still being spoken. */
  partial?: boolean;
  children: string;
}

/** What somebody said: one's own on the far side, the other's on the near one. */
export function Bubble({ mine, who, partial = false, children }: Props) {
  const colours = useColours();
  return (
    <View
      accessible
      aria-label={`${who}: ${children}`}
      style={[
        styles.bubble,
        mine
          ? { alignSelf: "flex-end", backgroundColor: colours.accentSoft, borderBottomEndRadius: 6 }
          : { alignSelf: "flex-start", backgroundColor: colours.surface, borderBottomStartRadius: 6 },
      ]}
    >
      <Text soft={partial}>{children}</Text>
    </View>
  );
}

const styles = StyleSheet.create({
  bubble: { maxWidth: "88%", borderRadius: radius.m + 2, paddingVertical: space.s + 2, paddingHorizontal: space.m },
});
