import { useState } from "react";
import { StyleSheet, View } from "react-native";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { Notice } from "@/components/Notice";
import { Orb } from "@/components/Orb";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { space } from "@/components/theme";
import { useAction } from "@/components/useAction";
import { logIn, signUp, type Challenge } from "./api";
import { SecondFactor } from "./SecondFactor";

interface Props {
  mode: "login" | "signup";
  onOther: () => void;
  onForgot: () => void;
}

/** Sign up or log in. */
export function Welcome({ mode, onOther, onForgot }: Props) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const joining = mode === "signup";
  const { run, busy, problem } = useAction(async () => {
    if (joining) await signUp({ name: name.trim(), email: email.trim(), password });
    else setChallenge(await logIn({ email: email.trim(), password }));
  });

  if (challenge) return <SecondFactor challenge={challenge} onCancel={() => setChallenge(null)} />;
  return (
    <Screen top>
      <View style={styles.top}>
        <Orb mood="resting" size={112} />
        <Text kind="hero" style={styles.middle}>
          {joining ? "Talk to your stores" : "Welcome back"}
        </Text>
        <Text soft style={styles.middle}>
          {joining ? "Ask about hours, prices and stock, and hear the answer." : "Log in to talk to your stores."}
        </Text>
      </View>
      {joining && <Field label="Name" value={name} onChangeText={setName} autoComplete="name" textContentType="name" />}
      <Field
        label="Email"
        value={email}
        onChangeText={setEmail}
        inputMode="email"
        autoCapitalize="none"
        autoCorrect={false}
        autoComplete="email"
        textContentType="emailAddress"
      />
      <Field
        label="Password"
        value={password}
        onChangeText={setPassword}
        secureTextEntry
        autoCapitalize="none"
        autoComplete={joining ? "new-password" : "current-password"}
        textContentType={joining ? "newPassword" : "password"}
        onSubmitEditing={run}
        {...(joining && { hint: "Three or four words are easy to remember and hard to guess." })}
      />
      {problem && <Notice kind="danger">{problem}</Notice>}
      <Button
        label={joining ? "Create account" : "Log in"}
        onPress={run}
        busy={busy}
        disabled={!email || !password || (joining && !name.trim())}
      />
      <View style={styles.links}>
        <Button kind="link" label={joining ? "I have an account" : "Create an account"} onPress={onOther} />
        {!joining && <Button kind="link" label="Forgot password?" onPress={onForgot} />}
      </View>
    </Screen>
  );
}

const styles = StyleSheet.create({
  top: { alignItems: "center", gap: space.s, paddingTop: space.l, paddingBottom: space.m },
  middle: { textAlign: "center" },
  links: { flexDirection: "row", flexWrap: "wrap", justifyContent: "center", columnGap: space.m },
});
