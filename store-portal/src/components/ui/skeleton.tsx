import { cn } from "@/lib/classes";

/** Stands where something will be. Whatever shows some of them says `Loading` once, to whoever cannot see them. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cn("animate-pulse rounded-md bg-sunken", className)} />;
}

/** Lines that are about to come. */
export function SkeletonLines({ lines = 4, className }: { lines?: number; className?: string }) {
  return (
    <div role="status" className={cn("grid gap-3.5", className)}>
      <span className="sr-only">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} className={cn("h-4", ["w-11/12", "w-3/4", "w-5/6", "w-2/3"][line % 4])} />
      ))}
    </div>
  );
}
