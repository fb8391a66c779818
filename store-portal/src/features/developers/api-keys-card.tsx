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
import { formatAgo } from "@/lib/time";
import { listApiKeys, newApiKey, SCOPES, useMakeApiKey, useRevokeApiKey, type ApiKey } from "./api/api-keys";
import { Checks } from "./checks";
import { MadeCard } from "./made-card";

export function ApiKeysCard() {
  return (
    <MadeCard
      title="API keys"
      about="For programs of yours: each opens what you choose, and nothing of your account."
      query={useQuery(listApiKeys())}
      empty="No program has a key."
      row={(key) => <Row apiKey={key} />}
      make="New key"
      aboutMaking="It is shown once, and kept here only as a hash."
      form={(onDone) => <NewKey onDone={onDone} />}
    />
  );
}

function Row({ apiKey }: { apiKey: ApiKey }) {
  const [asking, setAsking] = useState(false);
  const revoke = useRevokeApiKey();
  const tell = useTell();
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{apiKey.name}</span>
        <code className="text-sm text-muted">…{apiKey.ends_with}</code>
        <span className="text-sm text-muted">
          {apiKey.last_used_at ? `used ${formatAgo(apiKey.last_used_at)}` : "never used"}
        </span>
        <Button
          look="danger"
          size="small"
          className="ml-auto"
          onClick={() => {
            setAsking(true);
          }}
        >
          Revoke
        </Button>
      </div>
      <div className="flex flex-wrap gap-1.5">
        {apiKey.scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </div>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke ${apiKey.name}?`}
        about="Whatever uses it is refused from the next request on."
        action="Revoke"
        onConfirm={() => {
          revoke.mutate(apiKey.id, {
            onError: (error) => {
              tell({ text: messageOf(error), tone: "danger" });
            },
          });
        }}
      />
    </>
  );
}

function NewKey({ onDone }: { onDone: () => void }) {
  const make = useMakeApiKey();
  const form = useForm({ resolver: zodResolver(newApiKey), defaultValues: { name: "", scopes: [] } });
  const { errors } = form.formState;
  if (make.isSuccess) {
    return (
      <>
        <p className="mb-3 text-sm">Copy it now: nobody can show it again.</p>
        <Copied text={make.data.key} label="Copy the key" />
        <DialogButtons>
          <Button look="primary" onClick={onDone}>
            Done
          </Button>
        </DialogButtons>
      </>
    );
  }
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={form.handleSubmit((values) => {
        make.mutate(values);
      })}
    >
      <Field label="Name" hint="Where it will be used." error={errors.name?.message}>
        {(wiring) => <Input {...wiring} {...form.register("name")} autoComplete="off" />}
      </Field>
      <Checks
        legend="What it may do"
        options={SCOPES.map(({ scope, label }) => ({ value: scope, label }))}
        error={errors.scopes?.message}
        {...form.register("scopes")}
      />
      <Problem error={make.error} />
      <DialogButtons>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="primary" busy={make.isPending}>
          Make the key
        </Button>
      </DialogButtons>
    </form>
  );
}
