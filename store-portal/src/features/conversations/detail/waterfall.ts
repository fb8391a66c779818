export interface Step {
  label: string;
  /** From the end of the caller's speech. */
  beginsMs: number;
  endsMs: number;
}

const LABELS: Record<string, string> = {
  endpoint_ms: "End of turn decided",
  transcript_ms: "Transcript",
  first_token_ms: "First word of the answer",
  first_audio_ms: "First sound made",
  on_wire_ms: "Sent to the caller",
};

/** The stages of an answer in the order in which they were reached; each begins where the one before it ended. */
export function waterfall(stages: Record<string, number | null>): Step[] {
  let reached = 0;
  return Object.entries(stages)
    .filter((stage): stage is [string, number] => stage[1] !== null)
    .sort(([, one], [, other]) => one - other)
    .map(([name, endsMs]) => {
      const beginsMs = reached;
      reached = endsMs;
      return { label: LABELS[name] ?? name.replaceAll("_", " "), beginsMs, endsMs };
    });
}
