import { useRef } from "react";
import { ScrollView, StyleSheet } from "react-native";
import { Bubble } from "@/components/Bubble";
import { space } from "@/components/theme";
import type { Captions } from "./captions";

/** Live captions of both sides; screen readers read on as they come. */
export function CaptionList({ captions }: { captions: Captions }) {
  const list = useRef<ScrollView>(null);
  return (
    <ScrollView
      ref={list}
      style={styles.list}
      contentContainerStyle={styles.content}
      onLayout={() => list.current?.scrollToEnd({ animated: false })}
      onContentSizeChange={() => list.current?.scrollToEnd({ animated: false })}
      role="log"
      aria-live="polite"
      aria-label="Captions"
    >
      {captions.map(({ id, mine, text, open }) => (
        <Bubble key={id} mine={mine} who={mine ? "You" : "Assistant"} partial={open && mine}>
          {text}
        </Bubble>
      ))}
    </ScrollView>
  );
}

const styles = StyleSheet.create({
  list: { flex: 1, minHeight: 0 },
  content: { flexGrow: 1, justifyContent: "flex-end", gap: space.s, paddingVertical: space.s },
});
