import { useState } from "react";
import { StyleSheet, View } from "react-native";
import { RoundButton } from "@/components/Button";
import { Field } from "@/components/Field";
import { space } from "@/components/theme";

const MAX_CHARS = 500;

/** Type instead of speaking. */
export function Writing({ onWrite }: { onWrite: (text: string) => void }) {
  const [text, setText] = useState("");
  function send(): void {
    if (!text.trim()) return;
    onWrite(text.trim());
    setText("");
  }
  return (
    <View style={styles.row}>
      <View style={styles.field}>
        <Field
          label="Your question"
          value={text}
          onChangeText={setText}
          onSubmitEditing={send}
          submitBehavior="submit"
          returnKeyType="send"
          maxLength={MAX_CHARS}
          autoFocus
        />
      </View>
      <RoundButton icon="send" label="Send" onPress={send} disabled={!text.trim()} />
    </View>
  );
}

const styles = StyleSheet.create({
  row: { flexDirection: "row", alignItems: "flex-end", gap: space.s },
  field: { flex: 1 },
});
