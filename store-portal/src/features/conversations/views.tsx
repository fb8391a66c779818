import { useQuery } from "@tanstack/react-query";
import { BookmarkPlus, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { cn } from "@/lib/classes";
import { filtersOf, listViews, useDeleteView, useSaveView, type View } from "./api/views";
import { queryOf, type Filters } from "./filters";

interface ViewsProps {
  chosen: Filters;
  onChange: (chosen: Filters) => void;
}

/** Filters under names: those that were saved, and the way to save what is chosen. Nothing while there are none. */
export function Views({ chosen, onChange }: ViewsProps) {
  const { data: views = [] } = useQuery(listViews());
  const [saving, setSaving] = useState(false);
  const shown = views.find((view) => isSame(filtersOf(view), chosen));
  const isFiltered = Object.keys(queryOf(chosen)).length > 0;
  if (views.length === 0 && !isFiltered) return null;
  return (
    <nav aria-label="Saved views" className="flex flex-wrap items-center gap-1.5 border-b px-3 py-2">
      <Tab
        isShown={!isFiltered}
        onShow={() => {
          onChange({});
        }}
      >
        All
      </Tab>
      {views.map((view) => (
        <span key={view.id} className="inline-flex min-w-0 items-center">
          <Tab
            isShown={view === shown}
            onShow={() => {
              onChange(filtersOf(view));
            }}
          >
            {view.name}
          </Tab>
          {view === shown && <Forget view={view} />}
        </span>
      ))}
      {isFiltered && !shown && (
        <Button
          look="quiet"
          size="small"
          className="ml-auto"
          onClick={() => {
            setSaving(true);
          }}
        >
          <BookmarkPlus aria-hidden />
          Save this view
        </Button>
      )}
      <Dialog open={saving} onOpenChange={setSaving} title="Save this view" about="For everybody who logs in here.">
        <Naming
          chosen={chosen}
          onDone={() => {
            setSaving(false);
          }}
        />
      </Dialog>
    </nav>
  );
}

function Tab({ isShown, onShow, children }: { isShown: boolean; onShow: () => void; children: string }) {
  return (
    <button
      type="button"
      aria-pressed={isShown}
      className={cn(
        "h-8 min-w-0 truncate rounded-md px-2.5 text-[0.8125rem] font-medium transition-colors",
        isShown ? "bg-brand-soft text-brand-strong" : "text-muted hover:bg-sunken hover:text-ink",
      )}
      onClick={onShow}
    >
      {children}
    </button>
  );
}

function Forget({ view }: { view: View }) {
  const remove = useDeleteView();
  const tell = useTell();
  return (
    <Button
      look="quiet"
      size="small"
      className="px-1.5"
      aria-label={`Delete the view ${view.name}`}
      busy={remove.isPending}
      onClick={() => {
        remove.mutate(view.id, {
          onError: (error) => {
            tell({ text: messageOf(error), tone: "danger" });
          },
        });
      }}
    >
      <X aria-hidden />
    </Button>
  );
}

function Naming({ chosen, onDone }: { chosen: Filters; onDone: () => void }) {
  const [name, setName] = useState("");
  const save = useSaveView();
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate({ name: name.trim(), chosen }, { onSuccess: onDone });
      }}
    >
      <Field label="Name">
        {(wiring) => (
          <Input
            {...wiring}
            placeholder="Unanswered on the phone"
            maxLength={60}
            required
            autoComplete="off"
            value={name}
            onChange={({ target }) => {
              setName(target.value);
            }}
          />
        )}
      </Field>
      <Problem error={save.error} />
      <DialogButtons>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" busy={save.isPending} disabled={!name.trim() || save.isPending}>
          Save
        </Button>
      </DialogButtons>
    </form>
  );
}

function isSame(one: Filters, other: Filters): boolean {
  const [mine, theirs] = [queryOf(one), queryOf(other)];
  const names = Object.keys(mine);
  return names.length === Object.keys(theirs).length && names.every((name) => mine[name] === theirs[name]);
}
