/** Colours, sizes and how they follow the system. Text on its background is at least 4.5:1 (WCAG 2.2, 1.4.3). */

import { useEffect, useState } from "react";
import { AccessibilityInfo, useColorScheme, useWindowDimensions } from "react-native";

export const space = { xs: 4, s: 8, m: 16, l: 24, xl: 32, xxl: 48 } as const;
export const radius = { s: 10, m: 16, l: 28, round: 999 } as const;
/** No control is smaller than a fingertip (WCAG 2.2, 2.5.5). */
export const TOUCH = 48;
/** Lines longer than this are hard to read on a wide screen. */
export const COLUMN = 560;
const CRAMPED = 280;

const light = {
  dark: false,
  background: "#f6f4ef",
  surface: "#ffffff",
  sunken: "#ece8df",
  line: "#ddd8cc",
  text: "#1b211f",
  soft: "#5a635f",
  accent: "#0d6b5a",
  onAccent: "#ffffff",
  accentSoft: "#dcefe9",
  danger: "#b3261e",
  dangerSoft: "#fbe9e7",
  warm: "#8a5300",
  warmSoft: "#fbefd9",
} as const;

export type Colours = { [Name in keyof typeof light]: (typeof light)[Name] extends boolean ? boolean : string };

const dark: Colours = {
  dark: true,
  background: "#0f1413",
  surface: "#19211f",
  sunken: "#232d2a",
  line: "#2f3b37",
  text: "#eef3f1",
  soft: "#a3b0ab",
  accent: "#63d6b8",
  onAccent: "#06231c",
  accentSoft: "#17362e",
  danger: "#ff8a80",
  dangerSoft: "#3a1c1a",
  warm: "#f5c26b",
  warmSoft: "#35290f",
};

export function useColours(): Colours {
  return useColorScheme() === "dark" ? dark : light;
}

/** Whether text is so large, or the screen so narrow, that there is no room for decoration. */
export function useCramped(): boolean {
  return useWindowDimensions().width < CRAMPED;
}

/** Whether the person has asked the system for less movement. */
export function useReducedMotion(): boolean {
  const [reduced, setReduced] = useState(false);
  useEffect(() => {
    void AccessibilityInfo.isReduceMotionEnabled().then(setReduced);
    const listening = AccessibilityInfo.addEventListener("reduceMotionChanged", setReduced);
    return () => listening.remove();
  }, []);
  return reduced;
}
