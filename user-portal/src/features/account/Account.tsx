import { useQuery } from "@tanstack/react-query";
import { Linking, Platform, View } from "react-native";
import { Card, Row } from "@/components/Row";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { useAction } from "@/components/useAction";
import { Failed, Waiting } from "@/components/Waiting";
import { share } from "@/lib/sharing";
import { exported, logOut, me, resendVerification } from "./api";

interface Props {
  onPlaces: () => void;
  onPassword: () => void;
  onDelete: () => void;
}

export function Account({ onPlaces, onPassword, onDelete }: Props) {
  const profile = useQuery({ queryKey: ["me"], queryFn: me });
  const sending = useAction(async () => {
    await resendVerification();
  });
  const saving = useAction(async () => {
    await share("Storeline, everything about me", await exported());
  });
  const leaving = useAction(() => logOut({ everywhere: false }));

  if (profile.error) return <Failed error={profile.error} again={() => void profile.refetch()} />;
  if (!profile.data) return <Waiting />;
  const { name, email, email_verified: verified } = profile.data;
  const problem = sending.problem ?? saving.problem ?? leaving.problem;
  return (
    <Screen top>
      <View>
        <Text kind="title">{name}</Text>
        <Text soft>{email}</Text>
      </View>
      {problem && <Notice kind="danger">{problem}</Notice>}
      {!verified && (
        <Card>
          <Row icon="mail" title="Confirm your address" about="Send me the link once more" onPress={sending.run} />
        </Card>
      )}
      <Card>
        <Row icon="person" title="Where you are signed in" about="See and end sessions" onPress={onPlaces} />
        <Row icon="lock" title="Change password" onPress={onPassword} />
        <Row icon="share" title="Everything about me" about="Save what Storeline keeps" onPress={saving.run} />
        {Platform.OS !== "web" && (
          <Row icon="mic" title="Microphone permission" about="In the system's settings" onPress={openSettings} />
        )}
      </Card>
      <Card>
        <Row icon="leave" title="Log out" about="On this device" onPress={leaving.run} />
        <Row icon="trash" title="Delete account" danger onPress={onDelete} />
      </Card>
    </Screen>
  );
}

const openSettings = () => void Linking.openSettings();
