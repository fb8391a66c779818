import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";

/** Something to paste elsewhere, and the button that takes it along. */
export function Copied({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const forgetting = setTimeout(() => {
      setDone(false);
    }, 2000);
    return () => {
      clearTimeout(forgetting);
    };
  }, [done]);
  return (
    <div className="flex items-center gap-2 rounded-lg border bg-sunken py-1.5 pr-1.5 pl-3">
      <code className="min-w-0 flex-1 overflow-x-auto text-[0.8125rem] whitespace-nowrap">{text}</code>
      <Button
        size="small"
        aria-label={label}
        onClick={() => {
          void navigator.clipboard.writeText(text).then(() => {
            setDone(true);
          });
        }}
      >
        {done ? <Check aria-hidden /> : <Copy aria-hidden />}
        <span aria-live="polite">{done ? "Copied" : "Copy"}</span>
      </Button>
    </div>
  );
}
