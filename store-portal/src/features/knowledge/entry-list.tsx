import { useInfiniteQuery } from "@tanstack/react-query";
import { BookOpen, SearchX } from "lucide-react";
import { Button } from "@/components/ui/button";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { listEntries } from "./api/list-entries";
import { formatPrice } from "./price";

interface EntryListProps {
  sought: string;
  onOpen: (entryId: string) => void;
}

export function EntryList({ sought, onOpen }: EntryListProps) {
  const query = useInfiniteQuery(listEntries(sought));
  if (query.isPending) return <SkeletonLines lines={8} className="p-6" />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  const entries = query.data.pages.flatMap((page) => page.entries);
  if (entries.length === 0) {
    return sought ? (
      <Empty icon={SearchX} title={`Nothing about “${sought}”`} />
    ) : (
      <Empty icon={BookOpen} title="It knows nothing yet">
        Write what callers ask, or import a price list.
      </Empty>
    );
  }
  return (
    <>
      <ul className="divide-y">
        {entries.map(({ id, title, body, price }) => (
          <li key={id}>
            <button
              type="button"
              className="flex w-full items-center gap-4 px-5 py-3 text-left transition-colors hover:bg-sunken/60 focus-visible:-outline-offset-2"
              onClick={() => {
                onOpen(id);
              }}
            >
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm font-medium">{title}</span>
                {body && <span className="block truncate text-sm text-muted">{body}</span>}
              </span>
              {price && <span className="text-sm font-medium tabular-nums">{formatPrice(price)}</span>}
            </button>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="grid place-items-center border-t p-3">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            More entries
          </Button>
        </div>
      )}
    </>
  );
}
