import { useQuery } from "@tanstack/react-query";
import { useController, useFormContext } from "react-hook-form";
import { Card, CardHeader } from "@/components/ui/card";
import { Field, Select } from "@/components/ui/field";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { offeredModels, type ModelsOffered } from "./api/models";
import type { Form } from "./content";

type Choice = keyof Form["models"];

/** Who hears, thinks and speaks, of what the server offers. */
export function ModelsCard() {
  const query = useQuery(offeredModels());
  return (
    <Card>
      <CardHeader title="Models" about="Who hears, thinks and speaks: the server's own choice, unless you make one." />
      {query.isPending ? (
        <SkeletonLines lines={2} className="px-5 pb-5" />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Chosen offered={query.data} />
      )}
    </Card>
  );
}

function Chosen({ offered }: { offered: ModelsOffered }) {
  return (
    <div className="grid gap-4 px-5 pb-5 sm:grid-cols-2">
      <ModelChoice choice="stt" label="Hears" offered={offered.stt} />
      <ModelChoice choice="llm" label="Thinks" offered={offered.llm} clears="llm_model" />
      <ModelChoice choice="tts" label="Speaks" offered={offered.tts} clears="voice" />
      {offered.llm_models.length > 0 && (
        <ModelChoice choice="llm_model" label={`Model of ${offered.llm[0] ?? ""}`} offered={offered.llm_models} />
      )}
      {offered.voices.length > 0 && (
        <ModelChoice choice="voice" label={`Voice of ${offered.tts[0] ?? ""}`} offered={offered.voices} />
      )}
    </div>
  );
}

interface ModelChoiceProps {
  choice: Choice;
  label: string;
  offered: string[];
  /** What belongs to the first provider only, and goes when another one is chosen. */
  clears?: Choice;
}

function ModelChoice({ choice, label, offered, clears }: ModelChoiceProps) {
  const { control, setValue } = useFormContext<Form>();
  const { field } = useController({ control, name: `models.${choice}` });
  // What was chosen once may not be offered any more; then the server takes its own choice.
  const names = [...new Set([...offered, field.value])].filter(Boolean);
  return (
    <Field label={label}>
      {(wiring) => (
        <Select
          {...wiring}
          {...field}
          className="w-full"
          onChange={(event) => {
            field.onChange(event);
            if (clears && event.target.value) setValue(`models.${clears}`, "", { shouldDirty: true });
          }}
        >
          <option value="">The server&apos;s choice</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      )}
    </Field>
  );
}
