import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { PASSWORD_HINT } from "@/lib/new-password";
import { resetForm, useResetPassword } from "./api/reset-password";
import { Frame, Ways } from "./frame";
import { useMailedToken } from "./mailed-token";

export default function ResetPasswordScreen() {
  const token = useMailedToken();
  const form = useForm({ resolver: zodResolver(resetForm), defaultValues: { new_password: "" } });
  const reset = useResetPassword();
  if (!token)
    return <Over title="This link is not whole" about="Open it from the mail again, or ask for another one." />;
  if (reset.isSuccess) {
    return <Over title="The new password counts" about="You are logged out everywhere. Log in with the new one." />;
  }
  return (
    <Frame title="Set a new password" about="It logs you out everywhere.">
      <form
        noValidate
        className="grid gap-4"
        onSubmit={form.handleSubmit((values) => {
          reset.mutate({ ...values, token });
        })}
      >
        <Field label="New password" hint={PASSWORD_HINT} error={form.formState.errors.new_password?.message}>
          {(wiring) => (
            <Input {...wiring} {...form.register("new_password")} type="password" autoComplete="new-password" />
          )}
        </Field>
        <Problem error={reset.error} />
        <Button type="submit" look="primary" size="wide" busy={reset.isPending}>
          Set the password
        </Button>
      </form>
    </Frame>
  );
}

function Over({ title, about }: { title: string; about: string }) {
  return (
    <Frame title={title} about={about}>
      <Ways>
        <Link to="/login">Log in</Link>
        <Link to="/forgot-password">Ask for a link</Link>
      </Ways>
    </Frame>
  );
}
