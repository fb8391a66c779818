/** What mailed links lead to, and how to get one. */

import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { useAction } from "@/components/useAction";
import { forgotPassword, resetPassword, verifyEmail } from "./api";

export function ForgotPassword({ onBack }: { onBack: () => void }) {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const { run, busy, problem } = useAction(async () => {
    await forgotPassword(email.trim());
    setSent(true);
  });
  return (
    <Screen>
      <Text kind="title">Forgot your password?</Text>
      <Text soft>Tell us your email address, and we send you a link to choose a new one.</Text>
      <Field
        label="Email"
        value={email}
        onChangeText={setEmail}
        inputMode="email"
        autoCapitalize="none"
        autoComplete="email"
        onSubmitEditing={run}
      />
      {problem && <Notice kind="danger">{problem}</Notice>}
      {sent && <Notice>If there is an account with this address, a link is on its way. Look into your mail.</Notice>}
      <Button label="Send the link" onPress={run} busy={busy} disabled={!email.trim()} />
      <Button kind="link" label="Back to login" onPress={onBack} />
    </Screen>
  );
}

export function ResetPassword({ token, onDone }: { token: string; onDone: () => void }) {
  const [password, setPassword] = useState("");
  const [done, setDone] = useState(false);
  const { run, busy, problem } = useAction(async () => {
    await resetPassword({ token, new_password: password });
    setDone(true);
  });
  return (
    <Screen>
      <Text kind="title">Choose a new password</Text>
      {done ? (
        <>
          <Notice>Your password is changed, and you are signed out everywhere else.</Notice>
          <Button label="Log in" onPress={onDone} />
        </>
      ) : (
        <>
          <Field
            label="New password"
            value={password}
            onChangeText={setPassword}
            secureTextEntry
            autoCapitalize="none"
            autoComplete="new-password"
            onSubmitEditing={run}
          />
          {problem && <Notice kind="danger">{problem}</Notice>}
          <Button label="Save password" onPress={run} busy={busy} disabled={!password || !token} />
        </>
      )}
    </Screen>
  );
}

/** Links are followed by mail programs, too: the address is confirmed by a press, not by opening the page. */
export function VerifyEmail({ token, onDone }: { token: string; onDone: () => void }) {
  const { mutate, isPending, isSuccess, error } = useMutation({ mutationFn: () => verifyEmail(token) });
  return (
    <Screen>
      <Text kind="title">Confirm your email address</Text>
      {error && <Notice kind="danger">{error.message}</Notice>}
      {isSuccess ? (
        <>
          <Notice>Your address is confirmed. Thank you!</Notice>
          <Button label="Go on" onPress={onDone} />
        </>
      ) : (
        <Button label="Confirm" onPress={() => mutate()} busy={isPending} disabled={!token} />
      )}
    </Screen>
  );
}
