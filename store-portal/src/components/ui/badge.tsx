import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "@/lib/classes";

const badge = cva(
  "inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3",
  {
    variants: {
      tone: {
        plain: "bg-sunken text-muted",
        brand: "bg-brand-soft text-brand-strong",
        warning: "bg-warning-soft text-warning",
        danger: "bg-danger-soft text-danger",
        caller: "bg-caller-soft text-caller",
      },
    },
    defaultVariants: { tone: "plain" },
  },
);

export function Badge({ tone, className, ...rest }: ComponentProps<"span"> & VariantProps<typeof badge>) {
  return <span className={cn(badge({ tone }), className)} {...rest} />;
}
