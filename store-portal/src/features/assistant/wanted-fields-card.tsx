import { Trash2 } from "lucide-react";
import { useFieldArray, useFormContext, useWatch } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input, Select, Textarea } from "@/components/ui/field";
import type { Form } from "./content";
import { ListCard } from "./list-card";
import { ListProblem } from "./list-problem";
import { MAX_FIELDS, TYPES } from "./wanted-fields";

/** What the store wants to know of each call. */
export function WantedFieldsCard() {
  const { control, formState } = useFormContext<Form>();
  const { fields, append, remove } = useFieldArray({ control, name: "fields" });
  return (
    <ListCard
      title="What to note of each call"
      about="Filled in from what was said once a call is over: in the call, in exports and for your webhooks."
      add="Add a field"
      onAdd={() => {
        append({ name: "", description: "", type: "text", choices: "" });
      }}
      items={fields}
      most={MAX_FIELDS}
      error={formState.errors.fields}
    >
      {(index) => (
        <WantedField
          index={index}
          onRemove={() => {
            remove(index);
          }}
        />
      )}
    </ListCard>
  );
}

function WantedField({ index, onRemove }: { index: number; onRemove: () => void }) {
  const { register, formState, control } = useFormContext<Form>();
  const type = useWatch({ control, name: `fields.${index}.type` });
  const errors = formState.errors.fields?.[index];
  return (
    <fieldset className="grid gap-4 *:min-w-0">
      <legend className="sr-only">Field {index + 1}</legend>
      <div className="grid gap-4 *:min-w-0 sm:grid-cols-2">
        <Field label="Name" hint="For your programs." error={errors?.name?.message}>
          {(wiring) => (
            <Input
              {...wiring}
              {...register(`fields.${index}.name`)}
              placeholder="party_size"
              className="font-mono text-sm"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label="Kind" error={errors?.type?.message}>
          {(wiring) => (
            <Select {...wiring} {...register(`fields.${index}.type`)} className="h-10 w-full">
              {TYPES.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label="What is meant" error={errors?.description?.message}>
        {(wiring) => (
          <Input
            {...wiring}
            {...register(`fields.${index}.description`)}
            placeholder="For how many people the table is."
            autoComplete="off"
          />
        )}
      </Field>
      {type === "choice" && (
        <Field label="Choices" hint="One a line." error={errors?.choices?.message}>
          {(wiring) => <Textarea {...wiring} {...register(`fields.${index}.choices`)} rows={3} />}
        </Field>
      )}
      <ListProblem error={errors} />
      <Button
        look="quiet"
        size="small"
        className="justify-self-end"
        aria-label={`Remove field ${index + 1}`}
        onClick={onRemove}
      >
        <Trash2 aria-hidden />
        Remove
      </Button>
    </fieldset>
  );
}
