import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import * as z from "zod";
import { filters } from "@/features/conversations/filters";
import { session } from "@/lib/api/session";
import { Broken, Loading, Nowhere } from "./between";
import { Shell } from "./shell/shell";

const root = createRootRoute({ component: Outlet, notFoundComponent: Nowhere });

// Where a sign-in leads on to: one of the portal's own paths, and no other site's.
const next = z.object({
  next: z
    .string()
    .regex(/^\/(?![/\\])/)
    .optional()
    .catch(undefined),
});

/** Screens for people who are not signed in; others are led on. */
const outside = createRoute({
  getParentRoute: () => root,
  id: "outside",
  validateSearch: next,
  beforeLoad: async ({ search }) => {
    if ((await session.find()) === "signed-in") throw redirect({ href: search.next ?? "/" });
  },
});

/** Screens for who is signed in; others come back after the login. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    if ((await session.find()) === "signed-out") {
      throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
    }
  },
});

const logIn = createRoute({
  getParentRoute: () => outside,
  path: "/login",
  component: lazyRouteComponent(() => import("@/features/auth/log-in-screen")),
});

const signUp = createRoute({
  getParentRoute: () => outside,
  path: "/signup",
  component: lazyRouteComponent(() => import("@/features/auth/sign-up-screen")),
});

const forgotPassword = createRoute({
  getParentRoute: () => outside,
  path: "/forgot-password",
  component: lazyRouteComponent(() => import("@/features/auth/forgot-password-screen")),
});

// Mailed links lead to these two, whoever is signed in.
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/reset-password",
  component: lazyRouteComponent(() => import("@/features/auth/reset-password-screen")),
});

const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: "/verify-email",
  component: lazyRouteComponent(() => import("@/features/auth/verify-email-screen")),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("@/features/overview/overview-screen")),
});

const live = createRoute({
  getParentRoute: () => inside,
  path: "/live",
  component: lazyRouteComponent(() => import("@/features/live/live-screen")),
});

const messages = createRoute({
  getParentRoute: () => inside,
  path: "/messages",
  validateSearch: z.object({ status: z.enum(["open", "done"]).default("open").catch("open") }),
  component: lazyRouteComponent(() => import("@/features/messages/messages-screen")),
});

const phone = createRoute({
  getParentRoute: () => inside,
  // `/phone/…` is where networks reach the server.
  path: "/telephone",
  component: lazyRouteComponent(() => import("@/features/phone/phone-screen")),
});

const conversations = createRoute({
  getParentRoute: () => inside,
  path: "/conversations",
  validateSearch: filters,
  component: lazyRouteComponent(() => import("@/features/conversations/conversations-screen")),
});

const conversation = createRoute({
  getParentRoute: () => inside,
  path: "/conversations/$id",
  component: lazyRouteComponent(() => import("@/features/conversations/detail/conversation-screen")),
});

const knowledge = createRoute({
  getParentRoute: () => inside,
  path: "/knowledge",
  validateSearch: z.object({
    q: z.string().max(100).optional().catch(undefined),
    entry: z
      .union([z.uuid(), z.literal("new")])
      .optional()
      .catch(undefined),
    question: z.string().max(500).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import("@/features/knowledge/knowledge-screen")),
});

const security = createRoute({
  getParentRoute: () => inside,
  path: "/security",
  component: lazyRouteComponent(() => import("@/features/security/security-screen")),
});

const assistant = createRoute({
  getParentRoute: () => inside,
  path: "/assistant",
  validateSearch: z.object({ id: z.uuid().optional().catch(undefined) }),
  component: lazyRouteComponent(() => import("@/features/assistant/assistant-screen")),
});

const developers = createRoute({
  getParentRoute: () => inside,
  path: "/developers",
  component: lazyRouteComponent(() => import("@/features/developers/developers-screen")),
});

export const router = createRouter({
  routeTree: root.addChildren([
    outside.addChildren([logIn, signUp, forgotPassword]),
    resetPassword,
    verifyEmail,
    inside.addChildren([
      home,
      live,
      conversations,
      conversation,
      messages,
      phone,
      assistant,
      knowledge,
      developers,
      security,
    ]),
  ]),
  defaultPreload: "intent",
  defaultPendingMs: 150,
  defaultPendingComponent: Loading,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
