import { Wrench } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { formatDuration } from "@/lib/time";
import type { ToolCall } from "./timeline";

interface ToolUsedProps {
  call: ToolCall;
  startedAt: string;
}

/** What the assistant did with a tool: what it asked, and what came of it. */
export function ToolUsed({ call, startedAt }: ToolUsedProps) {
  const { name, outcome, answer, duration_ms: took } = call;
  const told = Object.entries(call.arguments);
  const atS = (Date.parse(call.started_at) - Date.parse(startedAt)) / 1000;
  return (
    <li className="bg-sunken/45 px-5 py-3 text-sm">
      <details>
        <summary className="flex cursor-pointer flex-wrap items-center gap-2 rounded">
          <Wrench className="size-3.5 text-muted" aria-hidden />
          <code className="font-medium">{name}</code>
          <span className="text-xs text-muted tabular-nums">{formatDuration(atS)}</span>
          <Badge tone={outcome === "ok" ? "brand" : "danger"}>{outcome.replaceAll("_", " ")}</Badge>
          <span className="ml-auto text-xs text-muted tabular-nums">{took.toLocaleString()} ms</span>
        </summary>
        <dl className="grid gap-2 pt-3">
          <dt className="text-xs text-muted">Asked with</dt>
          <dd>
            <pre className="overflow-x-auto rounded-lg border bg-surface p-3 text-xs">
              {told.length === 0 ? "nothing" : JSON.stringify(call.arguments, null, 2)}
            </pre>
          </dd>
          <dt className="text-xs text-muted">Answered</dt>
          <dd className="break-words">{answer || "nothing"}</dd>
        </dl>
      </details>
    </li>
  );
}
