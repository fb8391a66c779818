import { type ReactNode } from "react";
import { StyleSheet, Text as Native, type TextProps } from "react-native";
import { START } from "@/lib/direction";
import { useColours } from "./theme";

type Kind = "hero" | "title" | "heading" | "body" | "small";

interface Props extends TextProps {
  kind?: Kind;
  soft?: boolean;
  children: ReactNode;
}

/** All text of the app; it grows with the system's text size, and begins where screens do. */
export function Text({ kind = "body", soft = false, style, ...rest }: Props) {
  const colours = useColours();
  const heading = kind === "hero" || kind === "title" || kind === "heading";
  return (
    <Native
      {...(heading && { role: "heading" as const })}
      style={[styles.line, styles[kind], { color: soft ? colours.soft : colours.text }, style]}
      {...rest}
    />
  );
}

const styles = StyleSheet.create({
  line: { textAlign: START },
  hero: { fontSize: 34, lineHeight: 40, fontWeight: "700", letterSpacing: -0.6 },
  title: { fontSize: 26, lineHeight: 32, fontWeight: "700", letterSpacing: -0.4 },
  heading: { fontSize: 18, lineHeight: 24, fontWeight: "600" },
  body: { fontSize: 16, lineHeight: 24 },
  small: { fontSize: 14, lineHeight: 20 },
});
