import type { Schema } from "@/lib/api/client";

/** "deepgram heard 1.9 s", and so on; what did nothing is left out. */
export function usageLines(usage: Schema<"UsageShown">): string[] {
  const { stt, speech_ms, llm, llm_model, input_tokens, output_tokens, tts, characters } = usage;
  return [
    stt && (speech_ms === null ? `${stt} heard` : `${stt} heard ${(speech_ms / 1000).toFixed(1)} s`),
    llm &&
      [
        llm_model ?? llm,
        input_tokens !== null && `${input_tokens} tokens in`,
        output_tokens !== null && `${output_tokens} out`,
      ]
        .filter(Boolean)
        .join(", "),
    tts && (characters === null ? `${tts} spoke` : `${tts} spoke ${characters} characters`),
  ].filter((line): line is string => Boolean(line));
}
