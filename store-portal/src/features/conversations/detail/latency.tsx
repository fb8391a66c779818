import { cn } from "@/lib/classes";
import { waterfall } from "./waterfall";

// One scale for all turns, so that they compare; what takes longer fills it.
const SCALE_MS = 3_000;

const TONES = ["bg-line-strong", "bg-caller", "bg-warning", "bg-brand", "bg-ink"];

/** How an answer's time was spent, from the caller's last sound to the assistant's first. */
export function Latency({ stages }: { stages: Record<string, number | null> }) {
  const steps = waterfall(stages);
  const total = steps.at(-1)?.endsMs;
  if (total === undefined) return null;
  const scale = Math.max(SCALE_MS, total);
  return (
    <details className="group mt-3">
      <summary className="flex cursor-pointer items-center gap-3 rounded text-xs text-muted">
        <span className="min-w-28 shrink-0 whitespace-nowrap tabular-nums">
          <span className="font-medium text-ink">{total.toLocaleString()} ms</span> to sound
        </span>
        <span className="relative h-1.5 flex-1 overflow-hidden rounded-full bg-sunken" aria-hidden>
          {steps.map(({ label, beginsMs, endsMs }, index) => (
            <span
              key={label}
              className={cn("absolute inset-y-0", TONES[index % TONES.length])}
              style={{ left: `${(beginsMs / scale) * 100}%`, width: `${((endsMs - beginsMs) / scale) * 100}%` }}
            />
          ))}
        </span>
      </summary>
      <dl className="mt-2 grid gap-1 text-xs">
        {steps.map(({ label, beginsMs, endsMs }, index) => (
          <div key={label} className="grid grid-cols-[9rem_1fr_4.5rem] items-center gap-3">
            <dt className="text-muted">{label}</dt>
            <dd aria-hidden className="relative h-1.5 rounded-full bg-sunken">
              <span
                className={cn("absolute inset-y-0 min-w-0.5 rounded-full", TONES[index % TONES.length])}
                style={{ left: `${(beginsMs / scale) * 100}%`, width: `${((endsMs - beginsMs) / scale) * 100}%` }}
              />
            </dd>
            <dd className="text-right tabular-nums">{(endsMs - beginsMs).toLocaleString()} ms</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
