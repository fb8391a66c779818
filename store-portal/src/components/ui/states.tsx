import { CloudOff, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { messageOf } from "@/lib/api/errors";
import { Button } from "./button";

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
}

/** What a list says when nothing is in it, and what to do about that. */
export function Empty({ icon: Icon, title, children }: EmptyProps) {
  return (
    <div className="grid justify-items-center gap-2 px-6 py-14 text-center">
      <span className="mb-1 grid size-11 place-items-center rounded-full bg-sunken text-muted">
        <Icon className="size-5" aria-hidden />
      </span>
      <p className="font-medium">{title}</p>
      {children && <div className="grid max-w-sm justify-items-center gap-4 text-sm text-muted">{children}</div>}
    </div>
  );
}

interface FailedProps {
  error: unknown;
  onRetry: () => void;
}

/** What went wrong, and a way to try again. */
export function Failed({ error, onRetry }: FailedProps) {
  return (
    <div role="alert" className="grid justify-items-center gap-2 px-6 py-14 text-center">
      <span className="mb-1 grid size-11 place-items-center rounded-full bg-danger-soft text-danger">
        <CloudOff className="size-5" aria-hidden />
      </span>
      <p className="max-w-sm text-sm text-muted">{messageOf(error)}</p>
      <Button onClick={onRetry} className="mt-2">
        Try again
      </Button>
    </div>
  );
}

/** What went wrong with a form, beside its button. */
export function Problem({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-sm text-danger">
      {messageOf(error)}
    </p>
  );
}
