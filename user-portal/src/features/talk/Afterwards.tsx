import { StyleSheet, View } from "react-native";
import { Button } from "@/components/Button";
import { space } from "@/components/theme";

/** The call is over: another one, or back. */
export function Afterwards({ onAgain, onDone }: { onAgain: () => void; onDone: () => void }) {
  return (
    <View style={styles.all}>
      <Button icon="mic" label="Talk again" onPress={onAgain} />
      <Button kind="secondary" label="Done" onPress={onDone} />
    </View>
  );
}

const styles = StyleSheet.create({ all: { gap: space.s } });
