import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";

interface ListedProps<Item> {
  query: UseQueryResult<Item[]>;
  empty: string;
  children: (item: Item) => ReactNode;
}

/** A card's list, while it comes, when it is empty, and when it does not come. */
export function Listed<Item extends { id: string }>({ query, empty, children }: ListedProps<Item>) {
  if (query.isPending) return <SkeletonLines lines={2} className="px-5 pb-5" />;
  if (query.isError) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data.length === 0) return <p className="px-5 pb-5 text-sm text-muted">{empty}</p>;
  return (
    <ul className="divide-y border-t">
      {query.data.map((item) => (
        <li key={item.id} className="grid grid-cols-1 gap-3 px-5 py-4">
          {children(item)}
        </li>
      ))}
    </ul>
  );
}
