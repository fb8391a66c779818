import type { Mood } from "@/components/Orb";
import type { State } from "./call";

/** What the orb shows, and what a screen reader says of it. */
export function moodOf({ phase, doing }: Pick<State, "phase" | "doing">): Mood {
  switch (phase) {
    case "connecting":
      return "connecting";
    case "away":
      return "away";
    case "ended":
      return "resting";
    case "live":
      return doing;
  }
}

export const MOODS: Record<Mood, string> = {
  resting: "The conversation is over",
  connecting: "Connecting",
  listening: "Listening",
  hearing: "Hearing you",
  thinking: "Thinking",
  speaking: "Speaking",
  away: "Connection lost, trying again",
};
