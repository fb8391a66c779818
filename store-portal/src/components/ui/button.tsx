import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

const button = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors select-none disabled:pointer-events-none disabled:opacity-55 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-brand text-on-brand hover:bg-brand-strong",
        secondary: "border bg-surface shadow-card hover:bg-sunken",
        quiet: "text-muted hover:bg-sunken hover:text-ink",
        danger: "border border-danger/40 bg-surface text-danger hover:bg-danger-soft",
      },
      size: {
        normal: "h-9 px-3.5 text-sm",
        small: "h-8 px-2.5 text-[0.8125rem]",
        icon: "size-9",
        wide: "h-10 w-full px-4 text-sm",
      },
    },
    defaultVariants: { look: "secondary", size: "normal" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof button> & { asChild?: boolean; busy?: boolean };

/** `asChild` gives the look to the one child, such as a link. While `busy` it cannot be pressed again. */
export function Button({ look, size, asChild, busy = false, className, children, disabled, ...rest }: ButtonProps) {
  const classes = cn(button({ look, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={classes} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button type="button" className={classes} disabled={disabled ?? busy} aria-busy={busy || undefined} {...rest}>
      {busy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
