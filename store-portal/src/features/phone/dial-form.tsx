import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { DialogButtons } from "@/components/ui/dialog";
import { Field, Input, Select } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { listAssistants } from "./api/assistants";
import { callForm, useDial, type CallForm } from "./api/calls";
import type { PhoneNumber } from "./api/numbers";

interface DialFormProps {
  numbers: PhoneNumber[];
  onDone: () => void;
}

/** Whom to call and with which words; asked once more before a telephone rings. */
export function DialForm({ numbers, onDone }: DialFormProps) {
  const [asked, setAsked] = useState<CallForm | null>(null);
  const { data: assistants = [] } = useQuery(listAssistants());
  const dial = useDial();
  const tell = useTell();
  const form = useForm<CallForm>({
    resolver: zodResolver(callForm),
    defaultValues: { to: "", from_number: numbers[0]?.number ?? "", assistant: "", greeting: "", voicemail: "" },
  });
  const { errors } = form.formState;

  const call = (wanted: CallForm) => {
    dial.mutate(wanted, {
      onSuccess: () => {
        tell({ text: `${wanted.to} is being called.` });
        onDone();
      },
    });
  };

  return (
    <form noValidate className="grid gap-4" onSubmit={form.handleSubmit(setAsked)}>
      <Field label="Whom to call" hint="In full, with the country: +1 415 555 0123." error={errors.to?.message}>
        {(wiring) => <Input {...wiring} {...form.register("to")} type="tel" autoComplete="off" />}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="From your number">
          {(wiring) => (
            <Select {...wiring} {...form.register("from_number")} className="w-full">
              {numbers.map(({ id, number }) => (
                <option key={id}>{number}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Who talks">
          {(wiring) => (
            <Select {...wiring} {...form.register("assistant")} className="w-full">
              <option value="">As usual</option>
              {assistants.map(({ slug, draft }) => (
                <option key={slug} value={slug}>
                  {draft.name} ({slug})
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Field label="Greeting" hint="Empty for the assistant's own." error={errors.greeting?.message}>
        {(wiring) => <Input {...wiring} {...form.register("greeting")} autoComplete="off" />}
      </Field>
      <Field
        label="For an answering machine"
        hint="What it is told. Empty: it is hung up on."
        error={errors.voicemail?.message}
      >
        {(wiring) => <Input {...wiring} {...form.register("voicemail")} autoComplete="off" />}
      </Field>
      <Problem error={dial.error} />
      <DialogButtons>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" busy={dial.isPending}>
          Call
        </Button>
      </DialogButtons>
      {asked && (
        <Confirm
          open
          onOpenChange={() => {
            setAsked(null);
          }}
          title={`Call ${asked.to}?`}
          about={`Their telephone rings now, from ${asked.from_number}. The call costs what your network takes for it.`}
          action="Call now"
          onConfirm={() => {
            call(asked);
          }}
        />
      )}
    </form>
  );
}
