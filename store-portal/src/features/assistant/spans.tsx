import { Plus, Trash2 } from "lucide-react";
import { useFieldArray, useFormContext } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import type { Form } from "./content";

// A narrow screen has no room for the clocks; its own picker opens all the same.
const TIME =
  "h-9 w-auto min-w-0 px-1.5 text-sm max-sm:[&::-webkit-calendar-picker-indicator]:hidden sm:px-3 sm:text-[0.9375rem]";
// What one day has at most.
const MAX_SPANS = 4;

interface SpansProps {
  name: `hours.${string}` | `holidays.${number}.hours`;
  /** Whose hours they are, for who does not see where they stand. */
  label: string;
}

/** The hours of one day: none when it is closed. */
export function Spans({ name, label }: SpansProps) {
  const { control, register } = useFormContext<Form>();
  const spans = useFieldArray({ control, name });
  return (
    <>
      {spans.fields.length === 0 && <span className="text-sm text-muted">closed</span>}
      {spans.fields.map((span, index) => (
        <span key={span.id} className="flex min-w-0 items-center gap-1 sm:gap-1.5">
          <Input type="time" aria-label={`${label}, opens`} className={TIME} {...register(`${name}.${index}.opens`)} />
          <span aria-hidden>–</span>
          <Input
            type="time"
            aria-label={`${label}, closes`}
            className={TIME}
            {...register(`${name}.${index}.closes`)}
          />
          <Button
            look="quiet"
            size="small"
            aria-label={`${label}: remove these hours`}
            onClick={() => {
              spans.remove(index);
            }}
          >
            <Trash2 aria-hidden />
          </Button>
        </span>
      ))}
      {spans.fields.length < MAX_SPANS && (
        <Button
          look="quiet"
          size="small"
          aria-label={`${label}: add hours`}
          onClick={() => {
            spans.append(spans.fields.length === 0 ? { opens: "09:00", closes: "18:00" } : { opens: "", closes: "" });
          }}
        >
          <Plus aria-hidden />
        </Button>
      )}
    </>
  );
}
