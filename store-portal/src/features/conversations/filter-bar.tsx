import { SlidersHorizontal, X } from "lucide-react";
import { useId, useState } from "react";
import { SearchBox } from "@/components/search-box";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";
import { cn } from "@/lib/classes";
import { CHANNELS } from "@/lib/words";
import { queryOf, type Filters } from "./filters";
import { OUTCOMES } from "./words";

interface FilterBarProps {
  chosen: Filters;
  onChange: (chosen: Filters) => void;
}

/** Search and filters; on a narrow screen the filters wait behind a button, so that the list has room. */
export function FilterBar({ chosen, onChange }: FilterBarProps) {
  const [isOpen, setIsOpen] = useState(false);
  const rest = useId();
  const set = (change: { [Name in keyof Filters]: Filters[Name] | undefined }) => {
    onChange(queryOf({ ...chosen, ...change }));
  };
  return (
    <search className="flex flex-wrap items-center gap-2 border-b p-3">
      <SearchBox
        label="Search in what was said"
        maxLength={200}
        className="min-w-40 flex-1 sm:min-w-52"
        sought={chosen.q ?? ""}
        onSearch={(q) => {
          set({ q: q || undefined });
        }}
      />
      <Button
        className="sm:hidden"
        aria-expanded={isOpen}
        aria-controls={rest}
        onClick={() => {
          setIsOpen(!isOpen);
        }}
      >
        <SlidersHorizontal aria-hidden />
        Filters
      </Button>
      <div
        id={rest}
        className={cn(
          "w-full grid-cols-[repeat(auto-fit,minmax(8.5rem,1fr))] gap-2 *:max-sm:w-full sm:contents",
          isOpen ? "grid" : "hidden",
        )}
      >
        <Choose
          label="Channel"
          names={CHANNELS}
          value={chosen.channel}
          onChange={(channel) => {
            set({ channel });
          }}
        />
        <Choose
          label="Outcome"
          names={OUTCOMES}
          value={chosen.outcome}
          onChange={(outcome) => {
            set({ outcome });
          }}
        />
        <Day
          label="From"
          value={chosen.from}
          onChange={(from) => {
            set({ from });
          }}
        />
        <Day
          label="To"
          value={chosen.to}
          onChange={(to) => {
            set({ to });
          }}
        />
      </div>
      {Object.keys(queryOf(chosen)).length > 0 && (
        <Button
          look="quiet"
          size="small"
          onClick={() => {
            onChange({});
          }}
        >
          <X aria-hidden />
          Clear
        </Button>
      )}
    </search>
  );
}

interface ChooseProps {
  label: string;
  names: Record<string, string>;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

function Choose({ label, names, value, onChange }: ChooseProps) {
  return (
    <Select
      aria-label={label}
      value={value ?? ""}
      onChange={({ target }) => {
        onChange(target.value || undefined);
      }}
    >
      <option value="">{label}: any</option>
      {Object.entries(names).map(([name, words]) => (
        <option key={name} value={name}>
          {words}
        </option>
      ))}
    </Select>
  );
}

function Day({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (day: string | undefined) => void;
}) {
  return (
    <label className="flex items-center gap-1.5 text-sm text-muted">
      {label}
      <Input
        type="date"
        className="h-9 w-36 px-2 text-sm text-ink"
        value={value ?? ""}
        onChange={({ target }) => {
          onChange(target.value || undefined);
        }}
      />
    </label>
  );
}
