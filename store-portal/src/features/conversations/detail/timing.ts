import type { Turn } from "../api/show-conversation";

/** Seconds of the recording. */
export interface Moment {
  beginsS: number;
  endsS: number;
}

export interface Word extends Moment {
  text: string;
}

type Placed = Pick<Turn, "started_at" | "ended_at" | "audio_start_ms" | "audio_end_ms">;

/** When a turn was spoken: its place in the recording, or, where none is known, on the clock. */
export function momentOf(turn: Placed, startedAt: string): Moment {
  if (turn.audio_start_ms !== null && turn.audio_end_ms !== null) {
    return { beginsS: turn.audio_start_ms / 1000, endsS: turn.audio_end_ms / 1000 };
  }
  const zero = Date.parse(startedAt);
  return {
    beginsS: Math.max(0, (Date.parse(turn.started_at) - zero) / 1000),
    endsS: Math.max(0, (Date.parse(turn.ended_at) - zero) / 1000),
  };
}

/** When each word was spoken, about: a longer word takes its longer part of the turn. */
export function wordsOf(text: string, { beginsS, endsS }: Moment): Word[] {
  const words = text.split(/\s+/).filter(Boolean);
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  const letterS = letters === 0 ? 0 : (endsS - beginsS) / letters;
  let at = beginsS;
  return words.map((word) => {
    const begins = at;
    at += word.length * letterS;
    return { text: word, beginsS: begins, endsS: at };
  });
}
