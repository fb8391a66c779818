import { useMutation, useQueryClient } from "@tanstack/react-query";
import { authorized, type Schema } from "@/lib/api/client";
import { errorOfAnswer } from "@/lib/api/errors";

export type Store = "check" | "all" | "good";

const TYPES: Record<string, string> = {
  csv: "text/csv",
  md: "text/markdown",
  markdown: "text/markdown",
  txt: "text/plain",
};
const DEADLINE_MS = 30_000;

export const IMPORTED = ".csv,.md,.markdown,.txt";

/** Import a file, or only see what would come of it (`check`). */
export async function importEntries({ file, store }: { file: File; store: Store }): Promise<Schema<"ImportReport">> {
  const type = TYPES[file.name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "text/plain";
  const request = new Request(new URL(`/store/knowledge/import?store=${store}`, location.origin), {
    method: "POST",
    headers: { "Content-Type": type },
    body: await file.arrayBuffer(),
  });
  const response = await authorized(request, DEADLINE_MS);
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw errorOfAnswer(response, body);
  return body as Schema<"ImportReport">;
}

export function useImportEntries() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: importEntries,
    onSuccess: (_, { store }) => (store === "check" ? undefined : queries.invalidateQueries({ queryKey: ["entries"] })),
  });
}
