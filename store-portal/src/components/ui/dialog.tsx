import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "@/lib/classes";
import { Button } from "./button";
import { useFocusBack } from "./use-focus-back";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  about?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** A dialog that keeps the focus, closes on Escape, and fills small screens from below. */
export function Dialog({ open, onOpenChange, title, about, wide = false, children }: DialogProps) {
  const focusBack = useFocusBack();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45 data-[state=open]:animate-appear" />
        <Radix.Content
          {...focusBack}
          {...(about ? {} : { "aria-describedby": undefined })}
          className={cn(
            "fixed z-50 flex flex-col overflow-hidden border bg-surface shadow-2xl focus:outline-none data-[state=open]:animate-appear",
            "inset-x-0 bottom-0 max-h-[92dvh] rounded-t-2xl",
            "sm:inset-x-auto sm:top-1/2 sm:bottom-auto sm:left-1/2 sm:max-h-[86dvh] sm:w-[min(92vw,28rem)] sm:-translate-1/2 sm:rounded-2xl",
            wide && "sm:w-[min(92vw,44rem)]",
          )}
        >
          <header className="px-5 pt-5 pr-14 pb-3">
            <div>
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {about && <Radix.Description className="mt-1 text-sm text-muted">{about}</Radix.Description>}
            </div>
          </header>
          <div className="overflow-y-auto px-5 pb-5">{children}</div>
          {/* Last, so that the focus begins in the content. */}
          <Radix.Close asChild>
            <Button look="quiet" size="icon" aria-label="Close" className="absolute top-3.5 right-3.5">
              <X />
            </Button>
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The row of buttons at the end of a dialog's form. */
export function DialogButtons({ children }: { children: ReactNode }) {
  return <div className="mt-5 flex flex-wrap justify-end gap-2">{children}</div>;
}
