import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { forgotForm, useForgotPassword } from "./api/forgot-password";
import { Frame, Ways } from "./frame";

export default function ForgotPasswordScreen() {
  const form = useForm({ resolver: zodResolver(forgotForm), defaultValues: { email: "" } });
  const forgot = useForgotPassword();
  if (forgot.isSuccess) {
    return (
      <Frame title="Look into your mail" about="If there is an account with this address, a link is on its way to it.">
        <Ways>
          <Link to="/login">Back to the login</Link>
        </Ways>
      </Frame>
    );
  }
  return (
    <Frame title="Forgot the password?" about="We mail you a link that lets you set a new one.">
      <form
        noValidate
        className="grid gap-4"
        onSubmit={form.handleSubmit((values) => {
          forgot.mutate(values);
        })}
      >
        <Field label="E-mail" error={form.formState.errors.email?.message}>
          {(wiring) => <Input {...wiring} {...form.register("email")} type="email" autoComplete="username" />}
        </Field>
        <Problem error={forgot.error} />
        <Button type="submit" look="primary" size="wide" busy={forgot.isPending}>
          Mail me a link
        </Button>
      </form>
      <Ways>
        <Link to="/login">Back to the login</Link>
      </Ways>
    </Frame>
  );
}
