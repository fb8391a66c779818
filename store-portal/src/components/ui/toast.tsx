import { X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useCallback, useRef, useState, type ReactNode } from "react";
import { cn } from "@/lib/classes";
import { Button } from "./button";
import { Tell, type Telling } from "./tell";

const SHOWN_MS = 6_000;
const AT_MOST = 3;

/** Shows what `useTell` tells, a few at a time; screen readers say it. */
export function Toasts({ children }: { children: ReactNode }) {
  const [told, setTold] = useState<(Telling & { id: number })[]>([]);
  const next = useRef(0);
  const tell = useCallback((telling: Telling) => {
    next.current += 1;
    const id = next.current;
    setTold((before) => [...before.slice(1 - AT_MOST), { ...telling, id }]);
  }, []);
  return (
    <Radix.Provider duration={SHOWN_MS} label="Notice">
      <Tell value={tell}>{children}</Tell>
      {told.map(({ id, text, tone, action }) => (
        <Radix.Root
          key={id}
          onOpenChange={(open) => {
            if (!open) setTold((before) => before.filter((each) => each.id !== id));
          }}
          className={cn(
            "flex items-center gap-2 rounded-xl border bg-surface py-2 pr-2 pl-4 text-sm shadow-xl data-[state=open]:animate-appear",
            tone === "danger" && "border-danger/40 text-danger",
          )}
        >
          <Radix.Description className="min-w-0 flex-1 py-1">{text}</Radix.Description>
          {action && (
            <Radix.Action asChild altText={action.label}>
              <Button look="quiet" size="small" className="text-brand" onClick={action.run}>
                {action.label}
              </Button>
            </Radix.Action>
          )}
          <Radix.Close asChild>
            <Button look="quiet" size="small" aria-label="Dismiss" className="px-2">
              <X />
            </Button>
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-0 bottom-0 z-60 flex w-full max-w-sm flex-col gap-2 p-4 outline-none" />
    </Radix.Provider>
  );
}
