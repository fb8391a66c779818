import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { listCalls } from "./api/calls";
import { CallRow } from "./call-row";

/** Every telephone call, newest first. */
export function CallsCard() {
  const query = useInfiniteQuery(listCalls());
  const calls = query.data?.pages.flatMap((page) => page.calls) ?? [];
  return (
    <Card>
      <CardHeader title="Calls" about="Newest first. What a call costs is known some time after its end." />
      {query.isPending ? (
        <SkeletonLines lines={4} className="px-5 pb-5" />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : calls.length === 0 ? (
        <p className="px-5 pb-5 text-sm text-muted">Nobody has called yet, and nobody was called.</p>
      ) : (
        <ul className="divide-y border-t">
          {calls.map((call) => (
            <li key={call.id} className="px-5 py-3.5">
              <CallRow call={call} />
            </li>
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <div className="grid justify-items-center border-t py-4">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Older calls
          </Button>
        </div>
      )}
    </Card>
  );
}
