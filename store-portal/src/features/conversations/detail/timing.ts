import type { Turn } from "../api/show-conversation";

/** Seconds of the recording. */
export interface Moment {
  beginsS: number;
  endsS: number;
}

export interface Word extends Moment {
  text: string;
}

/** When a turn was spoken; recordings begin with the conversation. */
export function momentOf(turn: Pick<Turn, "started_at" | "ended_at">, startedAt: string): Moment {
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
