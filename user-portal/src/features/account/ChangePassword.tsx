import { useState } from "react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { useAction } from "@/components/useAction";
import { changePassword } from "./api";

export function ChangePassword() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const { run, busy, problem } = useAction(async () => {
    await changePassword({ current_password: current, new_password: next });
    setDone(true);
  });
  return (
    <Screen>
      <Text soft>Wherever else you are signed in, you are signed out.</Text>
      <Field
        label="Current password"
        value={current}
        onChangeText={setCurrent}
        secureTextEntry
        autoCapitalize="none"
        autoComplete="current-password"
      />
      <Field
        label="New password"
        value={next}
        onChangeText={setNext}
        secureTextEntry
        autoCapitalize="none"
        autoComplete="new-password"
        onSubmitEditing={run}
      />
      {problem && <Notice kind="danger">{problem}</Notice>}
      {done && <Notice>Your password is changed.</Notice>}
      <Button label="Change password" onPress={run} busy={busy} disabled={!current || !next} />
    </Screen>
  );
}
