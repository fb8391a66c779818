import { useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import type { Schema } from "@/lib/api/client";
import { IMPORTED, useImportEntries, type Store } from "./api/import-entries";

/** A file is first only checked; what is wrong is shown by its line, and then the rest may be stored. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const check = useImportEntries();
  const store = useImportEntries();
  const tell = useTell();
  const label = useId();
  const report = check.data;
  const keep = (what: Store) => {
    if (!file) return;
    store.mutate(
      { file, store: what },
      {
        onSuccess: ({ added, replaced }) => {
          tell({ text: `${added} added, ${replaced} replaced.` });
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      wide
      title="Import"
      about="A price list or table (CSV), a page (Markdown, each heading an entry) or plain text. It is only checked at first."
    >
      <label htmlFor={label} className="mb-1.5 block text-sm font-medium">
        File
      </label>
      <input
        id={label}
        type="file"
        accept={IMPORTED}
        className="w-full rounded-lg border border-dashed border-line-strong/60 p-4 text-sm file:mr-3 file:rounded-md file:border-0 file:bg-sunken file:px-3 file:py-1.5 file:font-medium file:text-ink"
        onChange={({ target }) => {
          const chosen = target.files?.[0] ?? null;
          setFile(chosen);
          store.reset();
          if (chosen) check.mutate({ file: chosen, store: "check" });
          else check.reset();
        }}
      />
      <div className="mt-4 grid gap-4">
        {check.isPending && (
          <p role="status" className="text-sm text-muted">
            Checking
          </p>
        )}
        <Problem error={check.error ?? store.error} />
        {report && <Report report={report} />}
      </div>
      <DialogButtons>
        <Button onClick={onClose}>Cancel</Button>
        {report && report.good > 0 && (
          <Button
            look="primary"
            busy={store.isPending}
            onClick={() => {
              keep(report.wrong > 0 ? "good" : "all");
            }}
          >
            Store {report.good} {report.good === 1 ? "entry" : "entries"}
          </Button>
        )}
      </DialogButtons>
    </Dialog>
  );
}

function Report({ report }: { report: Schema<"ImportReport"> }) {
  return (
    <div className="grid gap-3 text-sm">
      <p role="status">
        <span className="font-medium">{report.good} good</span>
        {`, of which ${report.replaced} take the place of others; `}
        <span className={report.wrong > 0 ? "font-medium text-danger" : ""}>{report.wrong} wrong</span>.
      </p>
      {report.problems.length > 0 && (
        <div className="max-h-60 overflow-y-auto rounded-lg border">
          <table className="w-full text-left">
            <thead className="sticky top-0 bg-sunken text-xs text-muted">
              <tr>
                <th className="px-3 py-2 font-medium">Line</th>
                <th className="px-3 py-2 font-medium">What is wrong</th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {report.problems.map(({ line, message }) => (
                <tr key={`${line} ${message}`}>
                  <td className="px-3 py-2 tabular-nums">{line}</td>
                  <td className="px-3 py-2">{message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
