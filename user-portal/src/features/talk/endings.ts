/** Why a conversation is over, in words. */

export type Ending = { code: number } | "lost" | "unreachable" | "left" | { problem: string };

/** The main README lists the codes. */
const WORDS: Record<number, string> = {
  1000: "You said goodbye.",
  1001: "The store's line is restarting. Call again in a moment.",
  1008: "The line was too busy with your audio. Call again.",
  1011: "Something broke on our side. Call again.",
  4001: "You were signed out.",
  4002: "Your sign-in ran out during the call. Call again.",
  4003: "That was all the time for one conversation.",
  4004: "It was quiet for a long time, so the assistant hung up.",
  4005: "The line could not use your microphone's audio.",
  4006: "The store has used all of today's minutes. Try again tomorrow.",
  4007: "The store is closed. Its assistant has told you when it opens.",
};

export function inWords(ending: Ending): string {
  if (ending === "left") return "You hung up.";
  if (ending === "lost") return "The connection was lost, and could not be found again.";
  if (ending === "unreachable") return "The line could not be opened. Check your connection and try again.";
  if ("problem" in ending) return ending.problem;
  return WORDS[ending.code] ?? "The conversation is over.";
}
