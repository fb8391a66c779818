import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";
import type { Entry } from "./list-entries";

/** Write a new entry, or one in place of the version that was read. 409 `entry_changed` or `title_taken`. */
export function saveEntry({ entry, form }: { entry: Entry | null; form: Schema<"EntryForm"> }): Promise<Entry> {
  if (!entry) return wanted(api.POST("/store/knowledge/entries", { body: form }));
  const { id, version } = entry;
  return wanted(api.PATCH("/store/knowledge/entries/{id}", { params: { path: { id } }, body: { ...form, version } }));
}

export function useSaveEntry() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: saveEntry,
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["entries"] }),
        queries.invalidateQueries({ queryKey: ["unanswered"] }),
      ]),
  });
}
