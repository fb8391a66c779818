import { createBottomTabNavigator } from "@react-navigation/bottom-tabs";
import { createNativeStackNavigator, type NativeStackScreenProps } from "@react-navigation/native-stack";
import { Icon, type IconName } from "@/components/Icon";
import { useColours } from "@/components/theme";
import { Account } from "@/features/account/Account";
import { ChangePassword } from "@/features/account/ChangePassword";
import { DeleteAccount } from "@/features/account/DeleteAccount";
import { ForgotPassword, ResetPassword, VerifyEmail } from "@/features/account/Links";
import { Places } from "@/features/account/Places";
import { Welcome } from "@/features/account/Welcome";
import { Conversation } from "@/features/history/Conversation";
import { History } from "@/features/history/History";
import { remember } from "@/features/stores/recents";
import { Store } from "@/features/stores/Store";
import { Stores } from "@/features/stores/Stores";
import { Talk } from "@/features/talk/Talk";
import type { Routes } from "./links";

const Stack = createNativeStackNavigator<Routes>();
const Tabs = createBottomTabNavigator<Routes>();

type To<Name extends keyof Routes> = NativeStackScreenProps<Routes, Name>;

/** Which screen follows which; the screens themselves know no other. */
export function Navigation({ signedIn }: { signedIn: boolean }) {
  return (
    <Stack.Navigator
      // A link that needs a sign-in is followed after it.
      UNSTABLE_routeNamesChangeBehavior="lastUnhandled"
      screenOptions={{ headerBackButtonDisplayMode: "minimal", headerShadowVisible: false, title: "" }}
    >
      {signedIn ? (
        <>
          <Stack.Screen name="Home" component={Home} options={{ headerShown: false }} />
          <Stack.Screen name="Store" component={StoreScreen} options={{ title: "Store" }} />
          <Stack.Screen name="Talk" component={TalkScreen} options={{ headerShown: false, title: "Talk" }} />
          <Stack.Screen name="Conversation" component={ConversationScreen} options={{ title: "Conversation" }} />
          <Stack.Screen name="Places" component={Places} options={{ title: "Where you are signed in" }} />
          <Stack.Screen name="ChangePassword" component={ChangePassword} options={{ title: "Change password" }} />
          <Stack.Screen name="DeleteAccount" component={DeleteAccount} options={{ title: "Delete account" }} />
        </>
      ) : (
        <>
          <Stack.Screen name="LogIn" component={LogInScreen} options={{ headerShown: false, title: "Log in" }} />
          <Stack.Screen name="SignUp" component={SignUpScreen} options={{ headerShown: false, title: "Sign up" }} />
          <Stack.Screen name="ForgotPassword" component={ForgotScreen} options={{ title: "Forgot password" }} />
        </>
      )}
      <Stack.Screen name="ResetPassword" component={ResetScreen} options={{ title: "New password" }} />
      <Stack.Screen name="VerifyEmail" component={VerifyScreen} options={{ title: "Confirm address" }} />
    </Stack.Navigator>
  );
}

function Home() {
  const colours = useColours();
  const icon = (name: IconName) =>
    function TabIcon({ color }: { color: string }) {
      return <Icon name={name} colour={color} />;
    };
  return (
    <Tabs.Navigator
      screenOptions={{
        headerShown: false,
        tabBarActiveTintColor: colours.accent,
        tabBarInactiveTintColor: colours.soft,
        tabBarStyle: { backgroundColor: colours.surface, borderTopColor: colours.line },
      }}
    >
      <Tabs.Screen name="Stores" component={StoresTab} options={{ tabBarIcon: icon("store") }} />
      <Tabs.Screen name="History" component={HistoryTab} options={{ tabBarIcon: icon("history") }} />
      <Tabs.Screen name="Account" component={AccountTab} options={{ tabBarIcon: icon("person") }} />
    </Tabs.Navigator>
  );
}

const StoresTab = ({ navigation }: To<"Stores">) => (
  <Stores onStore={(slug) => navigation.navigate("Store", { slug })} />
);

const HistoryTab = ({ navigation }: To<"History">) => (
  <History onConversation={(id) => navigation.navigate("Conversation", { id })} />
);

const AccountTab = ({ navigation }: To<"Account">) => (
  <Account
    onPlaces={() => navigation.navigate("Places")}
    onPassword={() => navigation.navigate("ChangePassword")}
    onDelete={() => navigation.navigate("DeleteAccount")}
  />
);

const StoreScreen = ({ navigation, route }: To<"Store">) => (
  <Store
    slug={route.params.slug}
    onTalk={(store, assistant) => {
      remember(store);
      navigation.navigate("Talk", { slug: store.slug, ...(!assistant.default && { assistant: assistant.slug }) });
    }}
  />
);

const TalkScreen = ({ navigation, route }: To<"Talk">) => (
  <Talk
    slug={route.params.slug}
    assistant={route.params.assistant}
    onDone={() => (navigation.canGoBack() ? navigation.goBack() : navigation.navigate("Home"))}
  />
);

const ConversationScreen = ({ navigation, route }: To<"Conversation">) => (
  <Conversation
    id={route.params.id}
    onGone={() => (navigation.canGoBack() ? navigation.goBack() : navigation.navigate("Home"))}
  />
);

const LogInScreen = ({ navigation }: To<"LogIn">) => (
  <Welcome
    mode="login"
    onOther={() => navigation.navigate("SignUp")}
    onForgot={() => navigation.navigate("ForgotPassword")}
  />
);

const SignUpScreen = ({ navigation }: To<"SignUp">) => (
  <Welcome
    mode="signup"
    onOther={() => navigation.navigate("LogIn")}
    onForgot={() => navigation.navigate("ForgotPassword")}
  />
);

const ForgotScreen = ({ navigation }: To<"ForgotPassword">) => <ForgotPassword onBack={() => navigation.goBack()} />;

const ResetScreen = ({ navigation, route }: To<"ResetPassword">) => (
  <ResetPassword token={route.params?.token ?? ""} onDone={() => navigation.navigate("LogIn")} />
);

const VerifyScreen = ({ navigation, route }: To<"VerifyEmail">) => (
  <VerifyEmail token={route.params?.token ?? ""} onDone={() => navigation.popToTop()} />
);
