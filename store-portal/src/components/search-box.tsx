import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { cn } from "@/lib/classes";
import { Input } from "./ui/field";

// Typing is over when nothing came for this long.
const PAUSE_MS = 300;

interface SearchBoxProps {
  label: string;
  sought: string;
  maxLength: number;
  className?: string;
  onSearch: (sought: string) => void;
}

/** Searches while one types, once one pauses. */
export function SearchBox({ label, sought, maxLength, className, onSearch }: SearchBoxProps) {
  const [typed, setTyped] = useState(sought);
  const [known, setKnown] = useState(sought);
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(
    () => () => {
      clearTimeout(pause.current);
    },
    [],
  );
  // Cleared, or gone back to, from elsewhere.
  if (sought !== known) {
    setKnown(sought);
    if (sought !== typed.trim()) setTyped(sought);
  }
  return (
    <div className={cn("relative", className)}>
      <Search className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted" aria-hidden />
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        className="h-9 pl-9 text-sm"
        maxLength={maxLength}
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          clearTimeout(pause.current);
          pause.current = setTimeout(() => {
            onSearch(target.value.trim());
          }, PAUSE_MS);
        }}
      />
    </div>
  );
}
