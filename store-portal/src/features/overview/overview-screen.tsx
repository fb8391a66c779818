import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { MessageCircleQuestion } from "lucide-react";
import type { ReactNode } from "react";
import { Page } from "@/components/page";
import { Card, CardHeader } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { getOverview, type Overview } from "./api/get-overview";
import { DayChart } from "./day-chart";

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });
const seconds = new Intl.NumberFormat(undefined, { style: "unit", unit: "second", maximumFractionDigits: 2 });

/** How the line does: what a store looks at first. */
export default function OverviewScreen() {
  const query = useQuery(getOverview());
  return (
    <Page title="Overview" about="Your line today, and over the last 30 days.">
      {query.isPending ? (
        <Waiting />
      ) : query.isError ? (
        <Card>
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        </Card>
      ) : (
        <Figures overview={query.data} />
      )}
    </Page>
  );
}

function Figures({ overview }: { overview: Overview }) {
  const { today, live_calls: live, messages_waiting: waiting, answered_share: answered } = overview;
  const { latency_median_ms: median, latency_p95_ms: slowest } = overview;
  return (
    <div className="grid gap-5">
      <dl className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-3">
        <Figure
          label="Live now"
          value={live}
          about={live === 1 ? "call under way" : "calls under way"}
          pulse={live > 0}
        />
        <Figure label="Calls today" value={today.calls} about={`${today.minutes.toLocaleString()} minutes`} />
        <Figure
          label="Messages waiting"
          value={waiting}
          about={
            <Link to="/messages" className="font-medium text-brand hover:underline">
              Open the inbox
            </Link>
          }
        />
        <Figure
          label="Answered from what you told"
          value={answered === null ? "–" : percent.format(answered)}
          about="of what callers asked"
        />
        <Figure
          label="Reply, median"
          value={median === null ? "–" : seconds.format(median / 1000)}
          about="from the caller's last sound"
        />
        <Figure
          label={"Reply, slowest 5\u00a0%"}
          value={slowest === null ? "–" : seconds.format(slowest / 1000)}
          about="take at least so long"
        />
      </dl>
      <DayChart days={overview.days} />
      <AskedMost topics={overview.asked_most} />
    </div>
  );
}

interface FigureProps {
  label: string;
  value: number | string;
  about: ReactNode;
  pulse?: boolean;
}

function Figure({ label, value, about, pulse = false }: FigureProps) {
  return (
    <div className="rounded-2xl border bg-surface p-4 shadow-card sm:p-5">
      <dt className="flex items-center gap-2 text-sm text-muted">
        {pulse && <span aria-hidden className="size-2 animate-pulse rounded-full bg-brand" />}
        {label}
      </dt>
      <dd>
        <span className="mt-1 block text-2xl font-semibold tracking-tight tabular-nums sm:text-3xl">
          {value.toLocaleString()}
        </span>
        <span className="mt-0.5 block text-sm text-muted">{about}</span>
      </dd>
    </div>
  );
}

function AskedMost({ topics }: { topics: Overview["asked_most"] }) {
  const most = Math.max(1, ...topics.map((topic) => topic.times));
  return (
    <Card>
      <CardHeader title="What callers ask most" about="By the entry that the answer stood on." />
      {topics.length === 0 ? (
        <Empty icon={MessageCircleQuestion} title="Nobody has asked yet">
          Once callers do, their topics are here, the most frequent first.
        </Empty>
      ) : (
        <ol className="grid gap-3 px-5 pb-5">
          {topics.map(({ topic, times }) => (
            <li
              key={topic}
              className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto] items-center gap-3 text-sm sm:grid-cols-[minmax(7rem,14rem)_1fr_auto]"
            >
              <span className="truncate font-medium" title={topic}>
                {topic}
              </span>
              <meter min={0} max={most} value={times} aria-label={topic} className="sr-only">
                {times}
              </meter>
              <svg
                aria-hidden
                viewBox="0 0 100 8"
                preserveAspectRatio="none"
                className="h-2 w-full rounded-full bg-sunken"
              >
                <rect width={(times / most) * 100} height="8" className="fill-brand" />
              </svg>
              <span className="text-muted tabular-nums">{times.toLocaleString()}</span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function Waiting() {
  return (
    <div role="status" className="grid gap-5">
      <span className="sr-only">Loading</span>
      <div className="grid grid-cols-2 gap-3 sm:gap-4 lg:grid-cols-3">
        {Array.from({ length: 6 }, (_, index) => (
          <Skeleton key={index} className="h-28 rounded-2xl" />
        ))}
      </div>
      <Skeleton className="h-72 rounded-2xl" />
    </div>
  );
}
