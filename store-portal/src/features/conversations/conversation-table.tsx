import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Badge } from "@/components/ui/badge";
import { cn } from "@/lib/classes";
import { formatDuration, formatWhen } from "@/lib/time";
import { useIsWide } from "@/lib/wide";
import { CHANNELS, worded } from "@/lib/words";
import type { Conversation } from "./api/list-conversations";
import { callerOf, OUTCOMES, secondsOf } from "./words";

const ROW_PX = 64;
// On small screens the summary is below.
const TALL_ROW_PX = 84;
// So many rows before the end the next page is asked for.
const AHEAD = 30;
const GRID =
  "grid grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-4 gap-y-1 px-5 md:grid-cols-[10rem_minmax(0,1fr)_8rem_8rem_4.5rem]";

const features = tableFeatures({});
const column = createColumnHelper<typeof features, Conversation>();
const columns = column.columns([
  column.accessor("started_at", {
    header: "Caller",
    cell: ({ row: { original } }) => <Caller conversation={original} />,
  }),
  column.accessor("summary", { header: "Summary", cell: (cell) => <Summary text={cell.getValue()} /> }),
  column.accessor("channel", {
    header: "Channel",
    cell: (cell) => <span className="text-sm text-muted">{worded(CHANNELS, cell.getValue())}</span>,
  }),
  column.accessor("outcome", {
    header: "Outcome",
    cell: ({ row: { original } }) => <Outcome conversation={original} />,
  }),
  column.display({
    id: "length",
    header: "Length",
    cell: ({ row: { original } }) => <Length conversation={original} />,
  }),
]);
// On small screens two lines: who and how it went, and the summary below.
const PLACED: Record<string, string> = {
  started_at: "order-1 md:order-none",
  summary: "order-3 col-span-2 md:order-none md:col-span-1",
  channel: "hidden md:block",
  outcome: "order-2 md:order-none",
  length: "hidden text-right md:block",
};

interface ConversationTableProps {
  conversations: Conversation[];
  /** Whether these are all that match. */
  isWhole: boolean;
  /** Asks for more; called again and again near the end. */
  onEnd: () => void;
}

/** A list of any length: only what is in sight is in the page. */
export function ConversationTable({ conversations, isWhole, onEnd }: ConversationTableProps) {
  const table = useTable({ features, columns, data: conversations });
  const scroller = useRef<HTMLDivElement>(null);
  const rowPx = useIsWide() ? ROW_PX : TALL_ROW_PX;
  const { rows } = table.getRowModel();
  // eslint-disable-next-line react-hooks/incompatible-library -- no compiler is used that would skip it
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  useEffect(() => {
    virtual.measure();
  }, [virtual, rowPx]);
  const inSight = virtual.getVirtualItems();
  const last = inSight.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - AHEAD) onEnd();
  }, [last, rows.length, onEnd]);

  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto">
      <div role="table" aria-label="Conversations" aria-rowcount={isWhole ? rows.length + 1 : -1}>
        <div role="rowgroup" className="sticky top-0 z-10 hidden border-b bg-surface md:block">
          {table.getHeaderGroups().map((group) => (
            <div key={group.id} role="row" aria-rowindex={1} className={cn(GRID, "h-9 text-xs font-medium text-muted")}>
              {group.headers.map((header) => (
                <div key={header.id} role="columnheader" className={cn(header.column.id === "length" && "text-right")}>
                  <table.FlexRender header={header} />
                </div>
              ))}
            </div>
          ))}
        </div>
        <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
          {inSight.map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <div
                key={row.original.id}
                role="row"
                aria-rowindex={index + 2}
                className={cn(
                  GRID,
                  "absolute inset-x-0 top-0 border-b transition-colors hover:bg-sunken/60 has-focus-visible:bg-sunken/60",
                )}
                style={{ height: rowPx, transform: `translateY(${start}px)` }}
              >
                {row.getAllCells().map((cell) => (
                  <div key={cell.id} role="cell" className={cn("min-w-0", PLACED[cell.column.id])}>
                    <table.FlexRender cell={cell} />
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <p role="status" className="p-4 text-center text-sm text-muted">
        {isWhole ? `${rows.length} ${rows.length === 1 ? "conversation" : "conversations"}` : "Loading more"}
      </p>
    </div>
  );
}

/** The link is as large as the row. */
function Caller({ conversation }: { conversation: Conversation }) {
  return (
    <Link to="/conversations/$id" params={{ id: conversation.id }} className="block after:absolute after:inset-0">
      <span className="block truncate text-sm font-medium">{callerOf(conversation)}</span>
      <span className="block truncate text-xs text-muted tabular-nums">{formatWhen(conversation.started_at)}</span>
    </Link>
  );
}

function Summary({ text }: { text: string | null }) {
  return <p className="truncate text-sm text-muted md:line-clamp-2 md:whitespace-normal md:text-ink">{text ?? "–"}</p>;
}

function Outcome({ conversation: { ended_at, outcome } }: { conversation: Conversation }) {
  if (ended_at === null) return <Badge tone="brand">Live</Badge>;
  if (!outcome) return null;
  return <Badge tone={outcome === "unanswered" ? "warning" : "plain"}>{worded(OUTCOMES, outcome)}</Badge>;
}

function Length({ conversation }: { conversation: Conversation }) {
  const seconds = secondsOf(conversation);
  return <span className="text-sm text-muted tabular-nums">{seconds === null ? "–" : formatDuration(seconds)}</span>;
}
