import { useEffect } from "react";
import type { FieldValues, UseFormReturn } from "react-hook-form";

// In memory: gone with the tab, and never on a disk.
const drafts = new Map<string, unknown>();

export function dropDraft(key: string): void {
  drafts.delete(key);
}

/** Forget all of them: another store has signed in. */
export function dropDrafts(): void {
  drafts.clear();
}

/**
 * Keep what is typed into a form under a key until `dropDraft`, and fill the form with it when it comes back, such as
 * after a sign-in in the middle of it. A key always belongs to forms with the same fields.
 */
export function useDraft<Values extends FieldValues>(key: string, form: UseFormReturn<Values>): void {
  useEffect(() => {
    const kept = drafts.get(key) as Values | undefined;
    if (kept) form.reset(kept, { keepDefaultValues: true });
    return form.subscribe({
      formState: { values: true, isDirty: true },
      callback: ({ values, isDirty }) => {
        if (isDirty) drafts.set(key, values);
      },
    });
  }, [form, key]);
}
