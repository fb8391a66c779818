import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { formatDateTime, formatWhen } from "@/lib/time";
import { listAudit } from "./api/list-audit";
import { deviceOf } from "./device";

/** What happened to the account; nobody can change it afterwards. */
export function AuditCard() {
  const query = useInfiniteQuery(listAudit);
  const events = query.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <Card>
      <CardHeader title="Audit log" about="What happened to this account. Nobody can change it." />
      {query.isPending && <SkeletonLines lines={6} className="px-5 pb-5" />}
      {query.isError && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && events.length === 0 && <Empty icon={ScrollText} title="Nothing happened yet" />}
      <ul className="divide-y border-t empty:hidden">
        {events.map(({ id, at, event, outcome, user_agent, address }) => (
          <li key={id} className="px-5 py-2.5">
            <p className="flex items-center gap-2 text-sm">
              <span className="font-medium first-letter:uppercase">{event.replaceAll("_", " ")}</span>
              {outcome === "refused" && <Badge tone="danger">Refused</Badge>}
              <time dateTime={at} title={formatDateTime(at)} className="ml-auto shrink-0 text-xs text-muted">
                {formatWhen(at)}
              </time>
            </p>
            <p className="truncate text-xs text-muted">{[deviceOf(user_agent), address].filter(Boolean).join(", ")}</p>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="grid place-items-center border-t p-3">
          <Button size="small" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Older events
          </Button>
        </div>
      )}
    </Card>
  );
}
