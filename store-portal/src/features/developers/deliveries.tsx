import { useInfiniteQuery } from "@tanstack/react-query";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { formatDateTime, formatWhen } from "@/lib/time";
import { listDeliveries, useReplay, type Delivery } from "./api/webhooks";

const TONES = { delivered: "brand", failed: "danger", waiting: "plain" } as const;

/** What an endpoint was told, and whether it took it. */
export function Deliveries({ webhook }: { webhook: string }) {
  const query = useInfiniteQuery(listDeliveries(webhook));
  if (query.isPending) return <SkeletonLines lines={3} />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const deliveries = query.data.pages.flatMap((page) => page.deliveries);
  if (deliveries.length === 0) return <p className="text-sm text-muted">It has not been told anything yet.</p>;
  return (
    <div className="grid gap-3">
      <ul className="divide-y rounded-lg border text-sm">
        {deliveries.map((delivery) => (
          <li key={delivery.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
            <Told delivery={delivery} />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          size="small"
          className="justify-self-center"
          busy={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Older deliveries
        </Button>
      )}
    </div>
  );
}

function Told({ delivery }: { delivery: Delivery }) {
  const { id, event, created_at: at, state, attempts, status, took_ms: took, error } = delivery;
  const replay = useReplay();
  const tell = useTell();
  const outcome = error ?? (status === null ? "" : `${status}${took === null ? "" : ` in ${took} ms`}`);
  return (
    <>
      <code>{event}</code>
      <Badge tone={TONES[state]}>{state}</Badge>
      <span className="text-muted">
        {outcome}
        {attempts > 1 && `, ${attempts} attempts`}
      </span>
      <time dateTime={at} title={formatDateTime(at)} className="ml-auto text-muted">
        {formatWhen(at)}
      </time>
      <Button
        size="small"
        busy={replay.isPending}
        onClick={() => {
          replay.mutate(id, {
            onError: (thrown) => {
              tell({ text: messageOf(thrown), tone: "danger" });
            },
          });
        }}
      >
        Send again
      </Button>
    </>
  );
}
