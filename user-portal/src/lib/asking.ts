import { Alert, Platform } from "react-native";

interface Question {
  title: string;
  about: string;
  yes: string;
}

/** Ask before something that cannot be undone. */
export function asked({ title, about, yes }: Question): Promise<boolean> {
  // React Native's Alert does nothing in a browser.
  if (Platform.OS === "web") return Promise.resolve(window.confirm(`${title}\n\n${about}`));
  return new Promise((resolve) => {
    Alert.alert(
      title,
      about,
      [
        { text: "Cancel", style: "cancel", onPress: () => resolve(false) },
        { text: yes, style: "destructive", onPress: () => resolve(true) },
      ],
      { onDismiss: () => resolve(false) },
    );
  });
}
