import { useAudioPlayer, useAudioPlayerStatus } from "expo-audio";
import { useQuery } from "@tanstack/react-query";
import { StyleSheet, View } from "react-native";
import { RoundButton } from "@/components/Button";
import { Card } from "@/components/Row";
import { Text } from "@/components/Text";
import { space, useColours } from "@/components/theme";
import { clock } from "@/lib/time";
import { isRecorded } from "./api";
import { useRecording } from "./useRecording";

/** The recording of a conversation, if there is one. */
export function Player({ id }: { id: string }) {
  const recorded = useQuery({ queryKey: ["recorded", id], queryFn: () => isRecorded(id) });
  return recorded.data ? <Controls id={id} /> : null;
}

function Controls({ id }: { id: string }) {
  const colours = useColours();
  const player = useAudioPlayer(useRecording(id));
  const { playing, currentTime, duration, didJustFinish } = useAudioPlayerStatus(player);
  const done = duration > 0 ? Math.min(1, currentTime / duration) : 0;
  async function toggle(): Promise<void> {
    if (playing) return player.pause();
    if (didJustFinish || done === 1) await player.seekTo(0);
    player.play();
  }
  return (
    <Card>
      <View style={styles.player}>
        <RoundButton
          icon={playing ? "pause" : "play"}
          label={playing ? "Pause the recording" : "Play the recording"}
          onPress={() => void toggle()}
        />
        <View style={styles.rest}>
          <View style={[styles.track, { backgroundColor: colours.sunken }]}>
            <View style={[styles.done, { backgroundColor: colours.accent, width: `${done * 100}%` }]} />
          </View>
          <Text kind="small" soft>
            {clock(currentTime)} of {clock(duration)}
          </Text>
        </View>
      </View>
    </Card>
  );
}

const styles = StyleSheet.create({
  player: { flexDirection: "row", alignItems: "center", gap: space.m, padding: space.m },
  rest: { flex: 1, gap: space.s },
  track: { height: 6, borderRadius: 3, overflow: "hidden" },
  done: { height: 6 },
});
