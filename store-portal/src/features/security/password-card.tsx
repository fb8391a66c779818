import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { PASSWORD_HINT } from "@/lib/new-password";
import { passwordForm, useChangePassword } from "./api/change-password";

export function PasswordCard() {
  const form = useForm({
    resolver: zodResolver(passwordForm),
    defaultValues: { current_password: "", new_password: "" },
  });
  const change = useChangePassword();
  const tell = useTell();
  const { errors } = form.formState;
  return (
    <Card>
      <CardHeader title="Password" about="A new one logs you out everywhere else." />
      <form
        noValidate
        className="grid gap-4 px-5 pb-5"
        onSubmit={form.handleSubmit((values) => {
          change.mutate(values, {
            onSuccess: () => {
              form.reset();
              tell({ text: "The new password counts." });
            },
          });
        })}
      >
        <Field label="Current password" error={errors.current_password?.message}>
          {(wiring) => (
            <Input {...wiring} {...form.register("current_password")} type="password" autoComplete="current-password" />
          )}
        </Field>
        <Field label="New password" hint={PASSWORD_HINT} error={errors.new_password?.message}>
          {(wiring) => (
            <Input {...wiring} {...form.register("new_password")} type="password" autoComplete="new-password" />
          )}
        </Field>
        <Problem error={change.error} />
        <Button type="submit" className="justify-self-start" busy={change.isPending}>
          Change the password
        </Button>
      </form>
    </Card>
  );
}
