import { Trash2 } from "lucide-react";
import { useFieldArray, useFormContext } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input, Select, Textarea } from "@/components/ui/field";
import type { Assistant } from "./api/assistants";
import type { Form } from "./content";
import { ListCard } from "./list-card";
import { ListProblem } from "./list-problem";
import { FRESH_TOOL, MAX_TOOLS } from "./own-tools";
import { SavedTool } from "./saved-tool";

const TIMEOUTS_S = [1, 2, 3, 5, 8, 10];

/** Endpoints of the store's that the assistant may ask in the middle of a conversation. */
export function OwnToolsCard({ assistant }: { assistant: Assistant }) {
  const { control, formState } = useFormContext<Form>();
  const { fields, append, remove } = useFieldArray({ control, name: "own_tools" });
  return (
    <ListCard
      title="Tools of your own"
      about="Endpoints of yours that it may ask in the middle of a call; what they answer is spoken word for word."
      add="Add a tool"
      onAdd={() => {
        append(FRESH_TOOL);
      }}
      items={fields}
      most={MAX_TOOLS}
      error={formState.errors.own_tools}
    >
      {(index) => (
        <OwnTool
          assistant={assistant}
          index={index}
          onRemove={() => {
            remove(index);
          }}
        />
      )}
    </ListCard>
  );
}

interface OwnToolProps {
  assistant: Assistant;
  index: number;
  onRemove: () => void;
}

function OwnTool({ assistant, index, onRemove }: OwnToolProps) {
  const { register, formState } = useFormContext<Form>();
  const errors = formState.errors.own_tools?.[index];
  const at = `own_tools.${index}` as const;
  const chosen = formState.defaultValues?.own_tools?.[index]?.timeout_s;
  const timeouts = [...new Set([...TIMEOUTS_S, ...(chosen ? [Number(chosen)] : [])])].sort((one, two) => one - two);
  return (
    <fieldset className="grid gap-4 *:min-w-0">
      <legend className="sr-only">Tool {index + 1}</legend>
      <div className="grid gap-4 *:min-w-0 sm:grid-cols-[1fr_9rem]">
        <Field label="Name" error={errors?.name?.message}>
          {(wiring) => (
            <Input
              {...wiring}
              {...register(`${at}.name`)}
              placeholder="check_order"
              className="font-mono text-sm"
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label="Waits at most" error={errors?.timeout_s?.message}>
          {(wiring) => (
            <Select {...wiring} {...register(`${at}.timeout_s`)} className="h-10 w-full">
              {timeouts.map((seconds) => (
                <option key={seconds} value={seconds}>
                  {seconds} {seconds === 1 ? "second" : "seconds"}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label="What it is for" hint="So the assistant knows when to ask it." error={errors?.description?.message}>
        {(wiring) => (
          <Input
            {...wiring}
            {...register(`${at}.description`)}
            placeholder="Look up how far an order is."
            autoComplete="off"
          />
        )}
      </Field>
      <Field label="Address" hint="https, and reachable from the internet." error={errors?.url?.message}>
        {(wiring) => (
          <Input {...wiring} {...register(`${at}.url`)} type="url" placeholder="https://shop.example/orders" />
        )}
      </Field>
      <Field
        label="What it has to be told"
        hint="A JSON Schema of an object; the caller is asked for what is required."
        error={errors?.parameters?.message}
      >
        {(wiring) => (
          <Textarea
            {...wiring}
            {...register(`${at}.parameters`)}
            rows={7}
            spellCheck={false}
            className="font-mono text-[0.8125rem]"
          />
        )}
      </Field>
      <Field
        label="What callers say"
        hint="Sentences for which it is meant, one a line."
        error={errors?.examples?.message}
      >
        {(wiring) => (
          <Textarea
            {...wiring}
            {...register(`${at}.examples`)}
            rows={2}
            className="min-h-16"
            placeholder="Where is my order?"
          />
        )}
      </Field>
      <ListProblem error={errors} />
      <SavedTool assistant={assistant} index={index} />
      <Button
        look="quiet"
        size="small"
        className="justify-self-end"
        aria-label={`Remove tool ${index + 1}`}
        onClick={onRemove}
      >
        <Trash2 aria-hidden />
        Remove
      </Button>
    </fieldset>
  );
}
