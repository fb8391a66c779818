import { Badge } from "@/components/ui/badge";
import { Card, CardHeader } from "@/components/ui/card";
import { formatDuration } from "@/lib/time";
import type { ConversationWithTurns } from "../api/show-conversation";

/** What the assistant did with its tools, with what it asked and what came of it. */
export function ToolCalls({
  conversation: { tool_calls: calls, started_at },
}: {
  conversation: ConversationWithTurns;
}) {
  if (calls.length === 0) return null;
  const zero = Date.parse(started_at);
  return (
    <Card className="overflow-hidden">
      <CardHeader title="Tools" />
      <ol className="divide-y border-t text-sm">
        {calls.map((call) => (
          <li key={call.started_at} className="grid gap-2 px-5 py-3">
            <p className="flex flex-wrap items-center gap-2">
              <code className="font-medium">{call.name}</code>
              <Badge tone={call.outcome === "ok" ? "brand" : "danger"}>{call.outcome.replaceAll("_", " ")}</Badge>
              <span className="ml-auto text-xs text-muted tabular-nums">
                {formatDuration((Date.parse(call.started_at) - zero) / 1000)}, {call.duration_ms.toLocaleString()} ms
              </span>
            </p>
            <pre className="overflow-x-auto rounded-lg bg-sunken p-3 text-xs">
              {JSON.stringify(call.arguments, null, 2)}
            </pre>
            <p className="break-words text-muted">{call.answer}</p>
          </li>
        ))}
      </ol>
    </Card>
  );
}
