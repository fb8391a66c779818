import { useQuery } from "@tanstack/react-query";
import { MonitorSmartphone } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { formatAgo } from "@/lib/time";
import { useEndOtherSessions } from "./api/end-other-sessions";
import { useEndSession } from "./api/end-session";
import { listSessions } from "./api/list-sessions";
import { deviceOf } from "./device";

/** Where one is signed in. */
export function SessionsCard() {
  const query = useQuery(listSessions);
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const tell = useTell();
  const onError = (error: unknown) => {
    tell({ text: messageOf(error), tone: "danger" });
  };
  const sessions = query.data?.sessions ?? [];
  return (
    <Card>
      <CardHeader title="Sessions" about="Where you are logged in.">
        {sessions.length > 1 && (
          <Button
            size="small"
            busy={endOthers.isPending}
            onClick={() => {
              endOthers.mutate(undefined, { onError });
            }}
          >
            End all others
          </Button>
        )}
      </CardHeader>
      {query.isPending && <SkeletonLines className="px-5 pb-5" />}
      {query.isError && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      <ul className="divide-y border-t empty:hidden">
        {sessions.map(({ id, user_agent, address, last_used_at, current }) => (
          <li key={id} className="flex items-center gap-3 px-5 py-3">
            <MonitorSmartphone className="size-5 shrink-0 text-muted" aria-hidden />
            <div className="min-w-0 flex-1">
              <p className="truncate text-sm font-medium">{deviceOf(user_agent)}</p>
              <p className="truncate text-xs text-muted">
                {address}, {formatAgo(last_used_at)}
              </p>
            </div>
            {current ? (
              <Badge tone="brand">This one</Badge>
            ) : (
              <Button
                size="small"
                aria-label={`End the session of ${deviceOf(user_agent)}`}
                busy={end.isPending && end.variables === id}
                onClick={() => {
                  end.mutate(id, { onError });
                }}
              >
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
