import { Trash2 } from "lucide-react";
import { useFieldArray, useFormContext } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import type { Form } from "./content";
import { ListCard } from "./list-card";
import { Spans } from "./spans";

const MAX_HOLIDAYS = 60;

/** Days with other hours than the week's. */
export function HolidaysCard() {
  const { control, register, formState } = useFormContext<Form>();
  const holidays = useFieldArray({ control, name: "holidays" });
  return (
    <ListCard
      title="Holidays"
      about="Days with other hours than the week's: closed, unless you add some."
      add="Add a holiday"
      onAdd={() => {
        holidays.append({ first: "", last: "", name: "", hours: [] });
      }}
      items={holidays.fields}
      most={MAX_HOLIDAYS}
    >
      {(index) => (
        <div className="grid gap-3 *:min-w-0">
          <div className="grid gap-3 *:min-w-0 sm:grid-cols-3">
            <Field label="Name">
              {(wiring) => <Input {...wiring} {...register(`holidays.${index}.name`)} maxLength={80} />}
            </Field>
            <Field label="First day" error={formState.errors.holidays?.[index]?.first?.message}>
              {(wiring) => <Input {...wiring} {...register(`holidays.${index}.first`)} type="date" />}
            </Field>
            <Field label="Last day, if longer" error={formState.errors.holidays?.[index]?.last?.message}>
              {(wiring) => <Input {...wiring} {...register(`holidays.${index}.last`)} type="date" />}
            </Field>
          </div>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <Spans name={`holidays.${index}.hours`} label={`Holiday ${index + 1}`} />
            <Button
              look="quiet"
              size="small"
              className="ml-auto"
              aria-label={`Remove holiday ${index + 1}`}
              onClick={() => {
                holidays.remove(index);
              }}
            >
              <Trash2 aria-hidden />
              Remove
            </Button>
          </div>
        </div>
      )}
    </ListCard>
  );
}
