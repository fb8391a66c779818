import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed, Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { ApiError } from "@/lib/api/errors";
import { dropDraft, useDraft } from "@/lib/drafts";
import type { Entry } from "./api/list-entries";
import { useSaveEntry } from "./api/save-entry";
import { showEntry } from "./api/show-entry";
import { Conflict } from "./conflict";
import { DeleteEntry } from "./delete-entry";
import { entryForm, formOf, typedOf, type Typed } from "./entry-form";

interface EntryDialogProps {
  /** An id, or `new`. */
  id: string;
  /** What a new entry shall answer. */
  question: string | undefined;
  onClose: () => void;
}

/** An entry to read and write. */
export function EntryDialog({ id, question, onClose }: EntryDialogProps) {
  const isNew = id === "new";
  const query = useQuery({ ...showEntry(id), enabled: !isNew });
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      wide
      title={isNew ? "New entry" : (query.data?.title ?? "Entry")}
      about="The assistant says the answer word for word."
    >
      {isNew || query.data ? (
        <EntryForm key={id} entry={query.data ?? null} question={question} onClose={onClose} />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <SkeletonLines lines={5} />
      )}
    </Dialog>
  );
}

interface EntryFormProps extends Omit<EntryDialogProps, "id"> {
  entry: Entry | null;
}

function EntryForm({ entry, question, onClose }: EntryFormProps) {
  const draft = `entry:${entry?.id ?? `new:${question ?? ""}`}`;
  // What the form was filled from: another one's change does not come in between while one types.
  const [read, setRead] = useState(entry);
  const [theirs, setTheirs] = useState<Entry | null>(null);
  const form = useForm({ resolver: zodResolver(entryForm), defaultValues: typedOf(read, question) });
  useDraft(draft, form);
  const save = useSaveEntry();
  const queries = useQueryClient();
  const tell = useTell();
  const { errors } = form.formState;

  const submit = (typed: Typed) => {
    save.mutate(
      { entry: read, form: formOf(typed) },
      {
        onSuccess: () => {
          dropDraft(draft);
          tell({ text: "Saved. The next caller hears it." });
          onClose();
        },
        onError: (error) => {
          if (read && error instanceof ApiError && error.code === "entry_changed") {
            void queries.query({ ...showEntry(read.id), staleTime: 0 }).then(setTheirs, () => undefined);
          }
        },
      },
    );
  };

  return (
    <form noValidate className="grid gap-4" onSubmit={form.handleSubmit(submit)}>
      <Field label="Title" hint="What it is about, in a caller's words." error={errors.title?.message}>
        {(wiring) => <Input {...wiring} {...form.register("title")} autoComplete="off" />}
      </Field>
      <Field
        label="Answer"
        hint="Said word for word; without one, the title and the price are said."
        error={errors.body?.message}
      >
        {(wiring) => <Textarea {...wiring} {...form.register("body")} rows={4} />}
      </Field>
      <Field label="Asked as" hint="Other words that callers use for it, one a line." error={errors.askedAs?.message}>
        {(wiring) => <Textarea {...wiring} {...form.register("askedAs")} rows={3} />}
      </Field>
      <div className="grid grid-cols-[1fr_7rem] gap-4">
        <Field label="Price" hint="Only if it is sold." error={errors.amount?.message}>
          {(wiring) => <Input {...wiring} {...form.register("amount")} inputMode="decimal" placeholder="29.50" />}
        </Field>
        <Field label="Currency" error={errors.currency?.message}>
          {(wiring) => <Input {...wiring} {...form.register("currency")} maxLength={3} className="uppercase" />}
        </Field>
      </div>
      {theirs ? (
        <Conflict
          theirs={theirs}
          onTakeTheirs={() => {
            dropDraft(draft);
            setRead(theirs);
            setTheirs(null);
            form.reset(typedOf(theirs));
            save.reset();
          }}
          onKeepMine={() => {
            setRead(theirs);
            setTheirs(null);
            save.reset();
          }}
        />
      ) : (
        <Problem error={save.error} />
      )}
      <DialogButtons>
        {read && <DeleteEntry entry={read} onDeleted={onClose} />}
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={save.isPending} disabled={theirs !== null || save.isPending}>
          Save
        </Button>
      </DialogButtons>
    </form>
  );
}
