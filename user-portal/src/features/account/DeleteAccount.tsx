import { useState } from "react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { useAction } from "@/components/useAction";
import { deleteAccount, prove, proveSecondFactor, type Challenge } from "./api";
import { SecondFactor } from "./SecondFactor";

export function DeleteAccount() {
  const [password, setPassword] = useState("");
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const { run, busy, problem } = useAction(async () => {
    const more = await prove(password);
    if (more) setChallenge(more);
    else await deleteAccount(password);
  });
  if (challenge) {
    return (
      <SecondFactor
        challenge={challenge}
        onCancel={() => setChallenge(null)}
        onCode={async (answer) => {
          await proveSecondFactor(answer);
          await deleteAccount(password);
        }}
      />
    );
  }
  return (
    <Screen>
      <Text kind="title">Delete your account?</Text>
      <Text soft>
        Your conversations, recordings and sign-ins go for good. Stores keep that there was a call, and messages that
        you left them.
      </Text>
      <Field
        label="Password"
        value={password}
        onChangeText={setPassword}
        secureTextEntry
        autoCapitalize="none"
        autoComplete="current-password"
      />
      {problem && <Notice kind="danger">{problem}</Notice>}
      <Button kind="danger" label="Delete everything" onPress={run} busy={busy} disabled={!password} />
    </Screen>
  );
}
