import { useQuery } from "@tanstack/react-query";
import { Card, CardHeader } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { showLimits, type Limits } from "./api/limits";

/** How much the store may call; whoever runs the server decides. */
export function LimitsCard() {
  const query = useQuery(showLimits());
  return (
    <Card>
      <CardHeader title="Limits" about="Of calls that you make. Whoever runs this server sets them." />
      {query.isPending ? (
        <SkeletonLines lines={3} className="px-5 pb-5" />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Shown limits={query.data} />
      )}
    </Card>
  );
}

function Shown({ limits }: { limits: Limits }) {
  const { countries, calls_a_minute, calls_at_once, seconds_a_day, longest_call_s, seconds_used_today } = limits;
  const used = minutes(seconds_used_today);
  const all = minutes(seconds_a_day);
  const facts = [
    ["At once", calls_at_once === 1 ? "1 call" : `${calls_at_once} calls`],
    ["In a minute", calls_a_minute === 1 ? "1 call" : `${calls_a_minute} calls`],
    ["Longest call", `${minutes(longest_call_s)} minutes`],
    ["Countries", countries.length === 0 ? "Your number's own" : countries.map((code) => `+${code}`).join(", ")],
  ];
  return (
    <div className="grid gap-4 px-5 pb-5 text-sm">
      <div className="grid gap-1.5">
        <p className="flex justify-between gap-4">
          <span className="font-medium">In 24 hours</span>
          <span className="text-muted tabular-nums">
            {used} of {all} minutes used
          </span>
        </p>
        <progress
          aria-label="Minutes used in 24 hours"
          value={used}
          max={all}
          className="h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-brand [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-brand"
        />
      </div>
      <dl className="grid gap-x-8 gap-y-2 sm:grid-cols-2">
        {facts.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4">
            <dt className="text-muted">{name}</dt>
            <dd className="text-right tabular-nums">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

const minutes = (seconds: number) => Math.round(seconds / 60);
