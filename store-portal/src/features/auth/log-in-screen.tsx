import { zodResolver } from "@hookform/resolvers/zod";
import { Link } from "@tanstack/react-router";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import { SecondFactorForm } from "@/components/second-factor-form";
import { Button } from "@/components/ui/button";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import type { Schema } from "@/lib/api/client";
import { hasPasskeys } from "@/lib/passkeys";
import { logInForm, useLogIn } from "./api/log-in";
import { useLogInPasskey } from "./api/log-in-passkey";
import { useLogInSecondFactor } from "./api/log-in-second-factor";
import { Frame, Ways } from "./frame";

/** Once the session has begun, the router leads on. */
export default function LogInScreen() {
  const [challenge, setChallenge] = useState<Schema<"SecondFactorChallenge"> | null>(null);
  const second = useLogInSecondFactor();
  if (!challenge) return <PasswordStep onChallenge={setChallenge} />;
  return (
    <Frame title="One more step" about="This account has a second factor.">
      <SecondFactorForm challenge={challenge} busy={second.isPending} error={second.error} onAnswer={second.mutate} />
      <Ways>
        <button
          type="button"
          className="font-medium text-brand"
          onClick={() => {
            setChallenge(null);
          }}
        >
          Start again
        </button>
      </Ways>
    </Frame>
  );
}

function PasswordStep({ onChallenge }: { onChallenge: (challenge: Schema<"SecondFactorChallenge"> | null) => void }) {
  const form = useForm({ resolver: zodResolver(logInForm), defaultValues: { email: "", password: "" } });
  const logIn = useLogIn();
  const passkey = useLogInPasskey();
  const { errors } = form.formState;
  return (
    <Frame title="Log in" about="Your store's voice line.">
      <form
        noValidate
        className="grid gap-4"
        onSubmit={form.handleSubmit((values) => {
          logIn.mutate(values, { onSuccess: onChallenge });
        })}
      >
        <Field label="E-mail" error={errors.email?.message}>
          {(wiring) => <Input {...wiring} {...form.register("email")} type="email" autoComplete="username" />}
        </Field>
        <Field label="Password" error={errors.password?.message}>
          {(wiring) => (
            <Input {...wiring} {...form.register("password")} type="password" autoComplete="current-password" />
          )}
        </Field>
        <Problem error={logIn.error ?? passkey.error} />
        <Button type="submit" look="primary" size="wide" busy={logIn.isPending}>
          Log in
        </Button>
        {hasPasskeys && (
          <Button
            size="wide"
            busy={passkey.isPending}
            onClick={() => {
              passkey.mutate();
            }}
          >
            <Fingerprint aria-hidden />
            Log in with a passkey
          </Button>
        )}
      </form>
      <Ways>
        <Link to="/signup">Make an account</Link>
        <Link to="/forgot-password">Forgot the password?</Link>
      </Ways>
    </Frame>
  );
}
