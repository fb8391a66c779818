import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { useForm } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { PASSWORD_HINT } from "@/lib/new-password";
import { signUpForm, useSignUp } from "./api/sign-up";
import { Frame, Ways } from "./frame";

export default function SignUpScreen() {
  const form = useForm({ resolver: zodResolver(signUpForm), defaultValues: { name: "", email: "", password: "" } });
  const signUp = useSignUp();
  const { errors } = form.formState;
  return (
    <Frame title="Make an account" about="For your store, on this server.">
      <form
        noValidate
        className="grid gap-4"
        onSubmit={form.handleSubmit((values) => {
          signUp.mutate(values);
        })}
      >
        <Field label="Name of the store" error={errors.name?.message}>
          {(wiring) => <Input {...wiring} {...form.register("name")} autoComplete="organization" />}
        </Field>
        <Field label="E-mail" error={errors.email?.message}>
          {(wiring) => <Input {...wiring} {...form.register("email")} type="email" autoComplete="username" />}
        </Field>
        <Field label="Password" hint={PASSWORD_HINT} error={errors.password?.message}>
          {(wiring) => <Input {...wiring} {...form.register("password")} type="password" autoComplete="new-password" />}
        </Field>
        <Problem error={signUp.error} />
        <Button type="submit" look="primary" size="wide" busy={signUp.isPending}>
          Make the account
        </Button>
      </form>
      <Ways>
        <Link to="/login">Log in instead</Link>
      </Ways>
    </Frame>
  );
}
