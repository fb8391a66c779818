import { useEffect } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";

// In memory: gone with the tab, and never on a disk.
const drafts = new Map<string, unknown>();

/** What was typed before the form went away, such as for a sign-in in the middle of it. */
export function draftOf(key: string): unknown {
  return drafts.get(key);
}

export function dropDraft(key: string): void {
  drafts.delete(key);
}

/** Forget all of them: another store has signed in. */
export function dropDrafts(): void {
  drafts.clear();
}

/** Keep what is typed into a form under a key, until `dropDraft`. */
export function useDraft<Values extends FieldValues>(key: string, form: UseFormReturn<Values>): void {
  useEffect(
    () =>
      form.subscribe({
        formState: { values: true, isDirty: true },
        callback: ({ values, isDirty }) => {
          if (isDirty) drafts.set(key, values);
        },
      }),
    [form, key],
  );
}
