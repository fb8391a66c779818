import { useEffect, useState } from "react";
import { Animated, Easing, Platform, StyleSheet, View } from "react-native";
import { useColours, useReducedMotion, type Colours } from "./theme";

/** What the assistant is doing, told by colour, shape and movement rather than by words. */
export type Mood = "resting" | "connecting" | "listening" | "hearing" | "thinking" | "speaking" | "away";

interface Props {
  mood: Mood;
  /** How loud whoever speaks is, from 0 to 1. */
  level?: number;
  size: number;
}

const USES_NATIVE_DRIVER = Platform.OS !== "web";
const BREATH_MS: Record<Mood, number> = {
  resting: 4200,
  connecting: 1100,
  listening: 3200,
  hearing: 1600,
  thinking: 900,
  speaking: 1300,
  away: 1100,
};

/**
 * A sphere that breathes: slowly while it listens, quickly while it thinks, and with the voice while somebody speaks.
 * Where less movement is asked for it stands still, and its rings alone tell the moods apart.
 */
export function Orb({ mood, level = 0, size }: Props) {
  const colours = useColours();
  const still = useReducedMotion();
  const [breath] = useState(() => new Animated.Value(0));
  const [loudness] = useState(() => new Animated.Value(0));

  useEffect(() => {
    if (still) return breath.setValue(0.5);
    const half = (toValue: number) =>
      Animated.timing(breath, {
        toValue,
        duration: BREATH_MS[mood] / 2,
        easing: Easing.inOut(Easing.sin),
        useNativeDriver: USES_NATIVE_DRIVER,
      });
    const breathing = Animated.loop(Animated.sequence([half(1), half(0)]));
    breathing.start();
    return () => breathing.stop();
  }, [breath, mood, still]);

  useEffect(() => {
    const following = Animated.timing(loudness, {
      toValue: still ? 0 : level,
      duration: 120,
      useNativeDriver: USES_NATIVE_DRIVER,
    });
    following.start();
    return () => following.stop();
  }, [loudness, level, still]);

  const { core, rings } = painted(mood, colours);
  const grown = (by: number) =>
    Animated.add(
      breath.interpolate({ inputRange: [0, 1], outputRange: [1, 1 + by / 2] }),
      Animated.multiply(loudness, by),
    );
  return (
    <View style={[styles.orb, { width: size, height: size }]} aria-hidden>
      {rings.map((opacity, index) => (
        <Animated.View
          key={index}
          style={[
            styles.circle,
            sized(size * (0.62 + index * 0.17)),
            { backgroundColor: core, opacity, transform: [{ scale: grown(0.07 + index * 0.05) }] },
          ]}
        />
      ))}
      <Animated.View
        style={[
          styles.circle,
          sized(size * 0.5),
          { backgroundColor: core, transform: [{ scale: grown(0.06) }] },
          mood === "away" && {
            backgroundColor: "transparent",
            borderWidth: 3,
            borderColor: core,
            borderStyle: "dashed",
          },
        ]}
      >
        <View style={[styles.shine, sized(size * 0.16), { top: size * 0.07, start: size * 0.09 }]} />
      </Animated.View>
    </View>
  );
}

function painted(mood: Mood, colours: Colours): { core: string; rings: number[] } {
  switch (mood) {
    case "resting":
    case "listening":
      return { core: colours.accent, rings: [0.16, 0.08] };
    case "hearing":
      return { core: colours.accent, rings: [0.26, 0.16, 0.08] };
    case "thinking":
      return { core: colours.warm, rings: [0.2] };
    case "speaking":
      return { core: colours.dark ? "#8fb8ff" : "#2f5fb3", rings: [0.26, 0.16, 0.08] };
    case "connecting":
    case "away":
      return { core: colours.soft, rings: [0.12] };
  }
}

const sized = (across: number) => ({ width: across, height: across, borderRadius: across / 2 });

const styles = StyleSheet.create({
  orb: { alignItems: "center", justifyContent: "center" },
  circle: { position: "absolute" },
  shine: { position: "absolute", backgroundColor: "#ffffff", opacity: 0.22 },
});
