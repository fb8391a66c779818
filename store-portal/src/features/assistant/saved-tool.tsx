import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useState } from "react";
import { useFormContext, useWatch } from "react-hook-form";
import { Copied } from "@/components/copied";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Field, Textarea } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import type { Assistant } from "./api/assistants";
import { listOwnTools, useTryTool } from "./api/own-tools";
import type { Form } from "./content";
import { objectOf } from "./own-tools";

/** Of a tool that is in the saved draft: the secret for its endpoint, and a call to see whether it works. */
export function SavedTool({ assistant, index }: { assistant: Assistant; index: number }) {
  const { control } = useFormContext<Form>();
  const name = useWatch({ control, name: `own_tools.${index}.name` });
  const isSaved = assistant.draft.own_tools.some((tool) => tool.name === name);
  const { data: tools = [] } = useQuery({ ...listOwnTools(assistant.id, assistant.revision), enabled: isSaved });
  const secret = tools.find((tool) => tool.name === name)?.secret;
  if (!isSaved || !secret) return null;
  return (
    <details className="rounded-lg border px-3 py-2 text-sm">
      <summary className="cursor-pointer font-medium">Secret, and a try</summary>
      <div className="grid gap-4 pt-3 pb-1 *:min-w-0">
        <div className="grid gap-1.5 *:min-w-0">
          <p className="text-muted">Your endpoint checks with it that we are who asks:</p>
          <Copied text={secret} label="Copy the secret" />
        </div>
        <Try assistant={assistant} name={name} />
      </div>
    </details>
  );
}

function Try({ assistant, name }: { assistant: Assistant; name: string }) {
  const [text, setText] = useState("{}");
  const call = useTryTool(assistant.id);
  const told = objectOf(text);
  return (
    <div className="grid gap-3">
      <Field
        label="Call it with"
        hint="As it is in the saved draft."
        error={told ? undefined : "This is no JSON object."}
      >
        {(wiring) => (
          <Textarea
            {...wiring}
            rows={2}
            spellCheck={false}
            className="min-h-16 font-mono text-[0.8125rem]"
            value={text}
            onChange={({ target }) => {
              setText(target.value);
            }}
          />
        )}
      </Field>
      <Button
        size="small"
        className="justify-self-start"
        busy={call.isPending}
        disabled={!told || call.isPending}
        onClick={() => {
          if (told) call.mutate({ name, arguments: told });
        }}
      >
        <Play aria-hidden />
        Call it
      </Button>
      <Problem error={call.error} />
      {call.data && (
        <p role="status" className="grid gap-1">
          <span className="flex items-center gap-2 text-muted tabular-nums">
            <Badge tone={call.data.outcome === "ok" ? "brand" : "danger"}>
              {call.data.outcome.replaceAll("_", " ")}
            </Badge>
            in {call.data.took_ms.toLocaleString()} ms
          </span>
          {call.data.say ? `“${call.data.say}”` : call.data.error}
        </p>
      )}
    </div>
  );
}
