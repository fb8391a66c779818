import { cn } from "@/lib/classes";

export function Logo({ className }: { className?: string }) {
  return (
    <span className={cn("flex items-center gap-2.5 text-lg font-semibold tracking-tight", className)}>
      <img src="/icon.svg" alt="" width={28} height={28} />
      Storeline
    </span>
  );
}
