import { useState } from "react";
import { Pressable, StyleSheet, useWindowDimensions, View } from "react-native";
import { useSafeAreaInsets } from "react-native-safe-area-context";
import { useQueryClient } from "@tanstack/react-query";
import { Notice } from "@/components/Notice";
import { Orb } from "@/components/Orb";
import { Text } from "@/components/Text";
import { COLUMN, space, useColours } from "@/components/theme";
import { notes } from "@/lib/storage/notes";
import type { State } from "./call";
import { CaptionList } from "./CaptionList";
import { Controls } from "./Controls";
import { Countdown } from "./Countdown";
import { Details } from "./Details";
import { inWords } from "./endings";
import { Meter } from "./Meter";
import { moodOf, MOODS } from "./mood";
import { useCall } from "./useCall";
import { Afterwards } from "./Afterwards";
import { Writing } from "./Writing";

const HANDS_FREE = "hands-free";
const SMALL_HEIGHT = 640;

interface Props {
  slug: string;
  assistant?: string | undefined;
  onDone: () => void;
}

/** Talk to a store; another call is another screen. */
export function Talk(props: Props) {
  const [calls, setCalls] = useState(1);
  return <OneCall key={calls} {...props} onAgain={() => setCalls(calls + 1)} />;
}

function OneCall({ slug, assistant, onDone, onAgain }: Props & { onAgain: () => void }) {
  const colours = useColours();
  const insets = useSafeAreaInsets();
  const { height } = useWindowDimensions();
  const client = useQueryClient();
  const [handsFree, setHandsFree] = useState(notes.read(HANDS_FREE) !== "no");
  const [writing, setWriting] = useState(false);
  const [detailed, setDetailed] = useState(false);
  const [call, state] = useCall(slug, assistant, handsFree);
  const mood = moodOf(state);
  const over = state.phase === "ended";

  function chooseHandsFree(free: boolean): void {
    notes.write(HANDS_FREE, free ? "yes" : "no");
    setHandsFree(free);
    call.mute(!free);
  }
  function leave(): void {
    void client.invalidateQueries({ queryKey: ["conversations"] });
    onDone();
  }
  return (
    <View
      style={[
        styles.screen,
        {
          backgroundColor: colours.background,
          paddingTop: insets.top + space.m,
          paddingBottom: insets.bottom + space.m,
        },
      ]}
    >
      <View style={styles.column}>
        <Pressable
          role="button"
          aria-label={`${MOODS[mood]}. Hold for details of the connection.`}
          onLongPress={() => setDetailed(!detailed)}
          style={styles.orb}
        >
          <Orb mood={mood} level={louder(state)} size={Math.min(240, height * (height > SMALL_HEIGHT ? 0.28 : 0.18))} />
          <Text kind="heading" aria-live="polite">
            {MOODS[mood]}
          </Text>
        </Pressable>
        {detailed && <Details state={state} onClose={() => setDetailed(false)} />}
        <Notices state={state} />
        <CaptionList captions={state.captions} />
        {over ? (
          <Afterwards onAgain={onAgain} onDone={leave} />
        ) : (
          <>
            {height > SMALL_HEIGHT && (
              <View style={styles.meters}>
                <Meter label="You" level={state.measures.mine} />
                <Meter label="Assistant" level={state.measures.theirs} />
              </View>
            )}
            {writing && <Writing onWrite={(text) => void call.write(text)} />}
            <Controls
              call={call}
              state={state}
              handsFree={handsFree}
              onHandsFree={chooseHandsFree}
              writing={writing}
              onWriting={setWriting}
            />
          </>
        )}
      </View>
    </View>
  );
}

function Notices({ state }: { state: State }) {
  const { phase, microphone, ending, endsAt } = state;
  return (
    <>
      {ending && <Notice kind={ending === "left" ? "info" : "warm"}>{inWords(ending)}</Notice>}
      {phase === "away" && <Notice kind="warm">The network is gone. Your conversation waits for half a minute.</Notice>}
      {!ending && microphone === "denied" && (
        <Notice kind="warm">Storeline may not use the microphone. Allow it in the settings, or type instead.</Notice>
      )}
      {!ending && microphone === "taken" && (
        <Notice kind="warm">Another call has your microphone. The assistant hears you again when it is over.</Notice>
      )}
      {!ending && endsAt && <Countdown endsAt={endsAt} />}
    </>
  );
}

const louder = ({ doing, measures }: State) => (doing === "speaking" ? measures.theirs : measures.mine);

const styles = StyleSheet.create({
  screen: { flex: 1, alignItems: "center" },
  column: { flex: 1, width: "100%", maxWidth: COLUMN, paddingHorizontal: space.l, gap: space.m },
  orb: { alignItems: "center", gap: space.s },
  meters: { flexDirection: "row", gap: space.l, justifyContent: "center" },
});
