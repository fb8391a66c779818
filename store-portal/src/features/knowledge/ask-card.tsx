import { Sparkles } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import type { Schema } from "@/lib/api/client";
import { useAsk } from "./api/ask";

/** Ask as a caller would, and see what would be said, and from what. */
export function AskCard({ onOpen }: { onOpen: (entryId: string) => void }) {
  const [question, setQuestion] = useState("");
  const ask = useAsk();
  return (
    <Card>
      <CardHeader title="Ask a question" about="As a caller would; nobody is called." />
      <form
        className="flex gap-2 px-5 pb-5"
        onSubmit={(event) => {
          event.preventDefault();
          if (question.trim()) ask.mutate(question.trim());
        }}
      >
        <Input
          aria-label="Question"
          placeholder="How much is a fern?"
          value={question}
          maxLength={500}
          onChange={({ target }) => {
            setQuestion(target.value);
          }}
        />
        <Button type="submit" className="h-10" busy={ask.isPending}>
          Ask
        </Button>
      </form>
      <div aria-live="polite" className="grid gap-3 px-5 pb-5 empty:hidden">
        {ask.error && <Problem error={ask.error} />}
        {ask.data && <Preview preview={ask.data} onOpen={onOpen} />}
      </div>
    </Card>
  );
}

function Preview({ preview, onOpen }: { preview: Schema<"Preview">; onOpen: (entryId: string) => void }) {
  const { answer, facts, sources } = preview;
  return (
    <div className="grid animate-appear gap-3 rounded-xl bg-sunken p-4 text-sm">
      {answer === null ? (
        <p className="flex items-center gap-2 text-muted">
          <Sparkles className="size-4 shrink-0" aria-hidden />
          The language model would answer{facts.length > 0 ? " from these facts:" : " without any fact of yours."}
        </p>
      ) : (
        <p className="leading-relaxed">“{answer}”</p>
      )}
      {facts.length > 0 && (
        <ul className="grid list-disc gap-1 pl-4">
          {facts.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      )}
      <p className="flex flex-wrap items-center gap-1.5">
        <Badge tone={preview.basis === "unknown" || preview.basis === "nothing" ? "warning" : "brand"}>
          {preview.basis.replaceAll("_", " ")}
        </Badge>
        {sources.map(({ entry_id, title }) => (
          <button
            key={entry_id}
            type="button"
            className="rounded text-xs font-medium text-brand underline-offset-4 hover:underline"
            onClick={() => {
              onOpen(entry_id);
            }}
          >
            {title}
          </button>
        ))}
      </p>
    </div>
  );
}
