import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { Copied } from "@/components/copied";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { DialogButtons } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import {
  EVENTS,
  listWebhooks,
  newWebhook,
  useAddWebhook,
  useDeleteWebhook,
  useEnableWebhook,
  type Webhook,
} from "./api/webhooks";
import { Checks } from "./checks";
import { Deliveries } from "./deliveries";
import { MadeCard } from "./made-card";

export function WebhooksCard() {
  return (
    <MadeCard
      title="Webhooks"
      about="Your systems are told what happens, signed, and again until they take it."
      query={useQuery(listWebhooks())}
      empty="No system is told."
      row={(webhook) => <Row webhook={webhook} />}
      make="New webhook"
      form={(onDone) => <NewWebhook onDone={onDone} />}
    />
  );
}

function Row({ webhook }: { webhook: Webhook }) {
  const [asking, setAsking] = useState(false);
  const [open, setOpen] = useState(false);
  const remove = useDeleteWebhook();
  const enable = useEnableWebhook();
  const tell = useTell();
  const onError = (error: unknown) => {
    tell({ text: messageOf(error), tone: "danger" });
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="min-w-0 truncate font-medium" title={webhook.url}>
          {webhook.url}
        </span>
        {webhook.disabled_at ? (
          <Badge tone="danger">Given up</Badge>
        ) : (
          webhook.failing_since && <Badge tone="warning">Failing</Badge>
        )}
        <div className="ml-auto flex flex-wrap gap-2">
          {webhook.disabled_at && (
            <Button
              size="small"
              busy={enable.isPending}
              onClick={() => {
                enable.mutate(webhook.id, { onError });
              }}
            >
              Tell it again
            </Button>
          )}
          <Button
            size="small"
            aria-expanded={open}
            onClick={() => {
              setOpen(!open);
            }}
          >
            Deliveries
          </Button>
          <Button
            look="danger"
            size="small"
            onClick={() => {
              setAsking(true);
            }}
          >
            Delete
          </Button>
        </div>
      </div>
      <div className="flex flex-wrap gap-1.5">
        {webhook.events.map((event) => (
          <Badge key={event}>{event}</Badge>
        ))}
      </div>
      {open && (
        <>
          <p className="text-sm text-muted">The secret with which your system checks the signatures:</p>
          <Copied text={webhook.secret} label="Copy the secret" />
          <Deliveries webhook={webhook.id} />
        </>
      )}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Delete this webhook?"
        about="Its log goes with it; a new one gets another secret."
        action="Delete"
        onConfirm={() => {
          remove.mutate(webhook.id, { onError });
        }}
      />
    </>
  );
}

function NewWebhook({ onDone }: { onDone: () => void }) {
  const add = useAddWebhook();
  const form = useForm({ resolver: zodResolver(newWebhook), defaultValues: { url: "", events: [] } });
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={form.handleSubmit((values) => {
        add.mutate(values, { onSuccess: onDone });
      })}
    >
      <Field label="Address" hint="https, and reachable from the internet." error={errors.url?.message}>
        {(wiring) => (
          <Input {...wiring} {...form.register("url")} type="url" placeholder="https://example.com/storeline" />
        )}
      </Field>
      <Checks
        legend="What it is told"
        options={EVENTS.map(({ event, label }) => ({ value: event, label }))}
        error={errors.events?.message}
        {...form.register("events")}
      />
      <Problem error={add.error} />
      <DialogButtons>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" busy={add.isPending}>
          Add the webhook
        </Button>
      </DialogButtons>
    </form>
  );
}
