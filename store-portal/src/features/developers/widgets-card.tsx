import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { Eye, EyeOff, Trash2 } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Copied } from "@/components/copied";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { DialogButtons } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { listWidgets, useDeleteWidget, useMakeWidget, widgetForm, type Widget } from "./api/widgets";
import { MadeCard } from "./made-card";
import { WidgetPreview } from "./widget-preview";

export function WidgetsCard() {
  return (
    <MadeCard
      title="Website"
      about="A button on your own pages with which visitors talk to your assistant."
      query={useQuery(listWidgets())}
      empty="None of your pages has a button."
      row={(widget) => <Row widget={widget} />}
      make="New button"
      aboutMaking="Visitors need no account, so your assistant has to be open to callers."
      form={(onDone) => <NewWidget onDone={onDone} />}
    />
  );
}

function Row({ widget }: { widget: Widget }) {
  const [asking, setAsking] = useState(false);
  const [previewed, setPreviewed] = useState(false);
  const remove = useDeleteWidget();
  const tell = useTell();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{widget.name}</span>
        <span className="min-w-0 truncate text-sm text-muted">{widget.origins.join(", ")}</span>
        <Button
          size="small"
          className="ml-auto"
          aria-pressed={previewed}
          onClick={() => {
            setPreviewed(!previewed);
          }}
        >
          {previewed ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
          {previewed ? "Take it away" : "Try it here"}
        </Button>
        <Button
          look="quiet"
          size="small"
          aria-label={`Delete ${widget.name}`}
          onClick={() => {
            setAsking(true);
          }}
        >
          <Trash2 aria-hidden />
        </Button>
      </div>
      <Copied text={widget.script} label="Copy the line for your page" />
      {previewed && <WidgetPreview widgetKey={widget.key} />}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Delete ${widget.name}?`}
        about="Pages that still have its script get no more conversations."
        action="Delete"
        onConfirm={() => {
          remove.mutate(widget.id, {
            onError: (error) => {
              tell({ text: messageOf(error), tone: "danger" });
            },
          });
        }}
      />
    </>
  );
}

function NewWidget({ onDone }: { onDone: () => void }) {
  const make = useMakeWidget();
  const form = useForm({ resolver: zodResolver(widgetForm), defaultValues: { name: "", origins: "" } });
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={form.handleSubmit((values) => {
        make.mutate(values, { onSuccess: onDone });
      })}
    >
      <Field label="Name" hint="Only you see it." error={errors.name?.message}>
        {(wiring) => <Input {...wiring} {...form.register("name")} autoComplete="off" />}
      </Field>
      <Field label="Sites that may have it" hint="One address a line." error={errors.origins?.message}>
        {(wiring) => (
          <Textarea
            {...wiring}
            {...form.register("origins")}
            placeholder="https://www.your-store.com"
            spellCheck={false}
          />
        )}
      </Field>
      <Problem error={make.error} />
      <DialogButtons>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" busy={make.isPending}>
          Make the button
        </Button>
      </DialogButtons>
    </form>
  );
}
