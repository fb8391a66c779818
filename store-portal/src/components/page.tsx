import type { ReactNode } from "react";
import { cn } from "@/lib/classes";

interface PageProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  /** Takes the height of the window, for lists that scroll inside. */
  full?: boolean;
  children: ReactNode;
}

/** A screen: its heading, what can be done, and the rest. */
export function Page({ title, about, actions, full = false, children }: PageProps) {
  return (
    <div
      className={cn(
        "mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] gap-5 px-4 py-6 sm:px-6 lg:px-8 lg:py-8",
        full && "h-full grid-rows-[auto_1fr]",
      )}
    >
      <title>{`${title} · Storeline`}</title>
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
          {about && <p className="mt-1 max-w-2xl text-muted">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
