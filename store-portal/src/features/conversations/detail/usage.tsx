import type { Schema } from "@/lib/api/client";
import { usageLines } from "./usage-lines";

/** Which providers worked for a turn, and what they counted. */
export function Usage({ usage }: { usage: Schema<"UsageShown"> }) {
  const lines = usageLines(usage);
  return lines.length > 0 && <p className="mt-2 text-xs text-muted">{lines.join(" · ")}</p>;
}
