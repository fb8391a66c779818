import { useEffect, useState, useSyncExternalStore } from "react";
import { DarkTheme, DefaultTheme, NavigationContainer } from "@react-navigation/native";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StatusBar } from "expo-status-bar";
import { StyleSheet, View } from "react-native";
import { SafeAreaProvider } from "react-native-safe-area-context";
import { Waiting } from "@/components/Waiting";
import { useColours } from "@/components/theme";
import { forgetRecents } from "@/features/stores/recents";
import { Refusal } from "@/lib/api/problem";
import { DIRECTION, RIGHT_TO_LEFT } from "@/lib/direction";
import { session } from "@/lib/session";
import { linking } from "./links";
import { Navigation } from "./Navigation";

/** Refusals stay refusals; only what never reached the API is worth another try. */
const makeClient = () =>
  new QueryClient({
    queryCache: new QueryCache(),
    mutationCache: new MutationCache(),
    defaultOptions: {
      // "always": whoever is offline is told so, and does not wait until they are not.
      queries: {
        networkMode: "always",
        retry: (count, error) => count < 1 && !(error instanceof Refusal),
        staleTime: 10_000,
      },
      mutations: { networkMode: "always" },
    },
  });

export function App() {
  const colours = useColours();
  const [client] = useState(makeClient);
  const status = useSyncExternalStore(session.subscribe, () => session.status);

  useEffect(() => void session.open(), []);
  // What one person has read is not the next one's.
  useEffect(() => {
    if (status !== "signed-out") return;
    client.clear();
    forgetRecents();
  }, [client, status]);

  if (status === "opening") return <Waiting />;
  const base = colours.dark ? DarkTheme : DefaultTheme;
  const theme = {
    ...base,
    colors: {
      ...base.colors,
      primary: colours.accent,
      background: colours.background,
      card: colours.background,
      text: colours.text,
      border: colours.line,
    },
  };
  return (
    <QueryClientProvider client={client}>
      <SafeAreaProvider>
        <StatusBar style="auto" />
        <View style={styles.app} {...DIRECTION}>
          <NavigationContainer
            linking={linking}
            theme={theme}
            direction={RIGHT_TO_LEFT ? "rtl" : "ltr"}
            documentTitle={{ formatter: (options) => (options?.title ? `${options.title} · Storeline` : "Storeline") }}
          >
            <Navigation signedIn={status === "signed-in"} />
          </NavigationContainer>
        </View>
      </SafeAreaProvider>
    </QueryClientProvider>
  );
}

const styles = StyleSheet.create({ app: { flex: 1 } });
