import { Trash2 } from "lucide-react";
import { useFieldArray, useFormContext } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Checkbox, Field, Input } from "@/components/ui/field";
import type { Form } from "./content";
import { ListCard } from "./list-card";

const MAX_DESTINATIONS = 10;

/** To whom telephone calls may be handed over. */
export function TransfersCard() {
  const { control, register, formState } = useFormContext<Form>();
  const destinations = useFieldArray({ control, name: "transfer_to" });
  const errors = formState.errors.transfer_to;
  return (
    <ListCard
      title="Who takes calls over"
      about="Callers on the telephone can be handed over to these, and nobody else. They are rung while the caller hears music; if they do not take the call, the assistant goes on. Told first who calls, they take it by pressing a key."
      add="Add somebody"
      onAdd={() => {
        destinations.append({ name: "", number: "", briefed: true });
      }}
      items={destinations.fields}
      most={MAX_DESTINATIONS}
    >
      {(index) => (
        <div className="flex flex-wrap items-start gap-3">
          <Field label="What callers call them" error={errors?.[index]?.name?.message} className="flex-1 basis-40">
            {(wiring) => <Input {...wiring} {...register(`transfer_to.${index}.name`)} autoComplete="off" />}
          </Field>
          <Field label="Number" error={errors?.[index]?.number?.message} className="flex-1 basis-40">
            {(wiring) => (
              <Input
                {...wiring}
                {...register(`transfer_to.${index}.number`)}
                type="tel"
                placeholder="+14155550123"
                autoComplete="off"
              />
            )}
          </Field>
          <div className="flex basis-full items-center justify-between gap-3 sm:mt-7.5 sm:basis-auto">
            <Checkbox {...register(`transfer_to.${index}.briefed`)}>Told first who calls</Checkbox>
            <Button
              look="quiet"
              size="small"
              aria-label={`Remove the one who takes calls over, ${index + 1}`}
              onClick={() => {
                destinations.remove(index);
              }}
            >
              <Trash2 aria-hidden />
            </Button>
          </div>
        </div>
      )}
    </ListCard>
  );
}
