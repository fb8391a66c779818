import type { ComponentProps, ReactNode } from "react";
import { cn } from "@/lib/classes";

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return <section className={cn("rounded-2xl border bg-surface shadow-card", className)} {...rest} />;
}

interface CardHeaderProps {
  title: ReactNode;
  about?: ReactNode;
  children?: ReactNode;
}

/** `children` are what can be done, at the end of the line. */
export function CardHeader({ title, about, children }: CardHeaderProps) {
  return (
    <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3 px-5 pt-4.5 pb-4">
      <div className="min-w-0 flex-1 basis-56">
        <h2 className="text-base font-semibold">{title}</h2>
        {about && <p className="mt-0.5 text-sm text-muted">{about}</p>}
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </div>
  );
}
