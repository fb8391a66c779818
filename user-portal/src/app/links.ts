/** Every address of the app on one page: in a browser, from a mail, and as storeline://… */

import { getPathFromState, getStateFromPath, type LinkingOptions } from "@react-navigation/native";
import { ORIGIN } from "@/lib/api/origin";
import { fragment } from "@/lib/fragment";

export type Routes = {
  Home: undefined;
  Stores: undefined;
  History: undefined;
  Account: undefined;
  Store: { slug: string };
  Talk: { slug: string; assistant?: string };
  Conversation: { id: string };
  Places: undefined;
  ChangePassword: undefined;
  DeleteAccount: undefined;
  LogIn: undefined;
  SignUp: undefined;
  ForgotPassword: undefined;
  ResetPassword: { token?: string };
  VerifyEmail: { token?: string };
};

const config: LinkingOptions<Routes>["config"] = {
  // Whoever opens a deep link finds the way back to the lists.
  initialRouteName: "Home",
  screens: {
    Home: { path: "", screens: { Stores: "", History: "history", Account: "account" } },
    // `/store/…` on the API's host is the Store API's and answered to nobody; a link of the app's own scheme may say it.
    Store: { path: "stores/:slug", alias: ["store/:slug"] },
    Talk: "talk/:slug",
    Conversation: "history/:id",
    Places: "account/sessions",
    ChangePassword: "account/password",
    DeleteAccount: "account/delete",
    LogIn: "login",
    SignUp: "signup",
    ForgotPassword: "forgot-password",
    ResetPassword: "reset-password",
    VerifyEmail: "verify-email",
  },
};

export const linking: LinkingOptions<Routes> = {
  prefixes: ["storeline://", ORIGIN],
  config,
  // A mailed token stands behind the #, so that no server sees it; it is no part of any address that the app shows.
  getStateFromPath: (path, options) => getStateFromPath((path + fragment()).replace("#", "?"), options),
  getPathFromState: (state, options) => getPathFromState(state, options).replace(/[?&]token=[^&]*/, ""),
};
