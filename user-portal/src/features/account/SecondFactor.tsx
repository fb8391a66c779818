import { useState } from "react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { useAction } from "@/components/useAction";
import { logInSecondFactor, type Challenge, type CodeAnswer } from "./api";

interface Props {
  challenge: Challenge;
  onCancel: () => void;
  /** What the code is for; logging in unless told otherwise. */
  onCode?: (answer: CodeAnswer) => Promise<void>;
}

/** The code that an account asks for besides its password. */
export function SecondFactor({ challenge, onCancel, onCode = logInSecondFactor }: Props) {
  const methods = challenge.methods;
  const [method, setMethod] = useState<"totp" | "recovery_code">(methods.includes("totp") ? "totp" : "recovery_code");
  const [code, setCode] = useState("");
  const { run, busy, problem } = useAction(() =>
    onCode({ method, challenge: challenge.challenge, code: code.trim() } as CodeAnswer),
  );
  const totp = method === "totp";
  return (
    <Screen top>
      <Text kind="title">One more step</Text>
      <Text soft>
        {totp
          ? "Enter the six digits that your authenticator app shows."
          : "Enter one of the recovery codes you wrote down."}
      </Text>
      <Field
        label={totp ? "Code" : "Recovery code"}
        value={code}
        onChangeText={setCode}
        inputMode={totp ? "numeric" : "text"}
        autoComplete="one-time-code"
        textContentType="oneTimeCode"
        autoCapitalize="none"
        autoFocus
        onSubmitEditing={run}
      />
      {problem && <Notice kind="danger">{problem}</Notice>}
      <Button label="Continue" onPress={run} busy={busy} disabled={!code.trim()} />
      {methods.includes("totp") && methods.includes("recovery_code") && (
        <Button
          kind="link"
          label={totp ? "Use a recovery code" : "Use the authenticator app"}
          onPress={() => setMethod(totp ? "recovery_code" : "totp")}
        />
      )}
      <Button kind="link" label="Back" onPress={onCancel} />
    </Screen>
  );
}
