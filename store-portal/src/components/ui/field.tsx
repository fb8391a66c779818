import { useId, type ComponentProps, type ReactNode } from "react";
import { cn } from "@/lib/classes";

interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  className?: string;
  children: (wiring: Wiring) => ReactNode;
}

/** A label, a control, and what is said about it; `children` puts the wiring on the control. */
export function Field({ label, hint, error, className, children }: FieldProps) {
  const id = useId();
  const about = `${id}-about`;
  return (
    <div className={cn("grid content-start gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        "aria-describedby": (error ?? hint) ? about : undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {error ? (
        <p id={about} role="alert" className="text-sm text-danger">
          {error}
        </p>
      ) : (
        hint && (
          <p id={about} className="text-sm text-muted">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

const control =
  "w-full rounded-lg border border-line-strong/55 bg-surface px-3 text-[0.9375rem] shadow-card transition-colors placeholder:text-muted/85 hover:border-line-strong aria-invalid:border-danger disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(control, "h-10", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cn(control, "min-h-24 py-2 leading-relaxed", className)} {...rest} />;
}

/** A box to tick, and its words. */
export function Checkbox({ children, ...rest }: ComponentProps<"input">) {
  return (
    <label className="flex items-center gap-2.5 text-sm">
      <input type="checkbox" className="size-4 shrink-0 accent-brand" {...rest} />
      {children}
    </label>
  );
}

export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cn(control, "h-9 w-auto pr-8 text-sm", className)} {...rest} />;
}
