import { Pressable, StyleSheet, View } from "react-native";
import { RoundButton } from "@/components/Button";
import { Icon } from "@/components/Icon";
import { Text } from "@/components/Text";
import { radius, space, useColours } from "@/components/theme";
import type { Call, State } from "./call";

interface Props {
  call: Call;
  state: State;
  handsFree: boolean;
  onHandsFree: (handsFree: boolean) => void;
  writing: boolean;
  onWriting: (writing: boolean) => void;
}

export function Controls({ call, state, handsFree, onHandsFree, writing, onWriting }: Props) {
  const { muted, speaker } = state;
  return (
    <View style={styles.all}>
      {!handsFree && <PressToTalk call={call} state={state} />}
      <View role="toolbar" style={styles.row}>
        {handsFree && (
          <RoundButton
            icon={muted ? "micOff" : "mic"}
            label={muted ? "Unmute" : "Mute"}
            caption={muted ? "Muted" : "Mute"}
            on={muted}
            onPress={() => call.mute(!muted)}
          />
        )}
        <RoundButton
          icon={speaker ? "speaker" : "quiet"}
          label={speaker ? "Turn the speaker off" : "Turn the speaker on"}
          caption="Speaker"
          on={speaker}
          onPress={() => call.speaker(!speaker)}
        />
        <RoundButton
          icon="hand"
          label="Talk hands-free"
          caption="Hands-free"
          on={handsFree}
          onPress={() => onHandsFree(!handsFree)}
        />
        <RoundButton
          icon="keyboard"
          label="Type instead of speaking"
          caption="Type"
          on={writing}
          onPress={() => onWriting(!writing)}
        />
        <RoundButton icon="end" label="End the conversation" caption="End" danger onPress={() => void call.hangUp()} />
      </View>
    </View>
  );
}

/** The microphone is open for as long as this is held; pressed again and again it works for those who cannot hold. */
function PressToTalk({ call, state: { muted, phase } }: { call: Call; state: State }) {
  const colours = useColours();
  return (
    <Pressable
      role="button"
      aria-label={muted ? "Hold to talk" : "Listening while you hold"}
      disabled={phase !== "live"}
      onPressIn={() => call.mute(false)}
      onPressOut={() => call.mute(true)}
      accessibilityActions={[{ name: "activate", label: muted ? "Start talking" : "Stop talking" }]}
      onAccessibilityAction={() => call.mute(!muted)}
      style={[styles.hold, { backgroundColor: muted ? colours.sunken : colours.accent }]}
    >
      <Icon name="mic" colour={muted ? colours.text : colours.onAccent} />
      <Text style={[styles.word, { color: muted ? colours.text : colours.onAccent }]}>
        {muted ? "Hold to talk" : "Let go when you are done"}
      </Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  all: { gap: space.m },
  row: { flexDirection: "row", flexWrap: "wrap", justifyContent: "space-around", gap: space.xs },
  hold: {
    minHeight: 72,
    borderRadius: radius.l,
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
    gap: space.s,
    userSelect: "none",
  },
  word: { fontWeight: "600" },
});
