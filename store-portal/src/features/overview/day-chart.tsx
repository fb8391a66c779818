import { useId, useState } from "react";
import { Choice } from "@/components/ui/choice";
import { Card, CardHeader } from "@/components/ui/card";
import type { Day } from "./api/get-overview";

type Measure = "calls" | "minutes";

const MEASURES: { value: Measure; label: string }[] = [
  { value: "calls", label: "Calls" },
  { value: "minutes", label: "Minutes" },
];
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const longDay = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeZone: "UTC" });

const WIDTH = 720;
const HEIGHT = 180;
const GAP = 5;

/** A bar for each of the last 30 days; whoever cannot see them gets a table. */
export function DayChart({ days }: { days: Day[] }) {
  const [measure, setMeasure] = useState<Measure>("calls");
  const title = useId();
  const top = nice(Math.max(1, ...days.map((day) => day[measure])));
  const step = WIDTH / days.length;
  const total = days.reduce((sum, day) => sum + day[measure], 0);
  return (
    <Card aria-labelledby={title}>
      <CardHeader
        title={<span id={title}>The last {days.length} days</span>}
        about={`${count(total)} ${measure === "calls" ? "calls" : "minutes of conversation"} in all.`}
      >
        <Choice label="What the bars show" options={MEASURES} value={measure} onChange={setMeasure} />
      </CardHeader>
      <div className="px-5 pb-5">
        <div className="grid grid-cols-[auto_1fr] gap-x-2 text-xs text-muted tabular-nums" aria-hidden>
          <div className="flex flex-col justify-between text-right">
            <span>{count(top)}</span>
            <span>0</span>
          </div>
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-44 w-full overflow-visible">
            {[0, 0.5, 1].map((line) => (
              <line
                key={line}
                x2={WIDTH}
                y1={line * HEIGHT}
                y2={line * HEIGHT}
                className="stroke-line"
                vectorEffect="non-scaling-stroke"
              />
            ))}
            {days.map((day, index) => {
              const height = (day[measure] / top) * HEIGHT;
              return (
                <g key={day.day} className="group">
                  <title>{`${longDay.format(new Date(day.day))}: ${count(day.calls)} calls, ${count(day.minutes)} minutes`}</title>
                  <rect x={index * step} width={step} height={HEIGHT} fill="transparent" />
                  <rect
                    x={index * step + GAP / 2}
                    y={HEIGHT - height}
                    width={step - GAP}
                    height={height}
                    rx={2}
                    className="fill-brand opacity-80 transition-opacity group-last:opacity-100 group-hover:opacity-100"
                  />
                </g>
              );
            })}
          </svg>
          <span />
          <div className="mt-1.5 flex justify-between">
            {[0, Math.floor(days.length / 2), days.length - 1].map((index) => {
              const day = days[index];
              return day && <span key={day.day}>{shortDay.format(new Date(day.day))}</span>;
            })}
          </div>
        </div>
        {/* Around the table: one that is told its width keeps to its words. */}
        <div className="sr-only">
          <table>
            <caption>Calls and minutes by day</caption>
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">Calls</th>
                <th scope="col">Minutes</th>
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.day}>
                  <th scope="row">{longDay.format(new Date(day.day))}</th>
                  <td>{day.calls}</td>
                  <td>{day.minutes}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </Card>
  );
}

/** The next round number: 1, 2 or 5 and zeros. */
export function nice(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((each) => each * unit >= value) ?? 10;
  return factor * unit;
}

function count(value: number): string {
  return value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 });
}
