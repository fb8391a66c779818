import { Button } from "@/components/ui/button";
import type { Entry } from "./api/list-entries";
import { formatPrice } from "./price";

interface ConflictProps {
  theirs: Entry;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}

/** Somebody else has saved meanwhile: what they wrote, and whose shall count. */
export function Conflict({ theirs, onTakeTheirs, onKeepMine }: ConflictProps) {
  return (
    <div role="alert" className="grid gap-3 rounded-xl border border-warning/40 bg-warning-soft p-4 text-sm">
      <p className="font-medium">Somebody has changed this entry while you were writing. Theirs is now:</p>
      <blockquote className="border-l-2 border-warning/50 pl-3">
        <p className="font-medium">
          {theirs.title}
          {theirs.price && ` · ${formatPrice(theirs.price)}`}
        </p>
        {theirs.body && <p className="mt-1 whitespace-pre-wrap">{theirs.body}</p>}
        {theirs.asked_as.length > 0 && <p className="mt-1 text-muted">{theirs.asked_as.join(" · ")}</p>}
      </blockquote>
      <div className="flex flex-wrap gap-2">
        <Button size="small" onClick={onKeepMine}>
          Go on with mine
        </Button>
        <Button size="small" onClick={onTakeTheirs}>
          Take theirs
        </Button>
      </div>
    </div>
  );
}
