import type { ReactNode } from "react";
import { Logo } from "@/components/logo";

interface FrameProps {
  title: string;
  about?: ReactNode;
  children: ReactNode;
}

/** What all screens before the sign-in stand in. */
export function Frame({ title, about, children }: FrameProps) {
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <title>{`${title} · Storeline`}</title>
      <div className="w-full max-w-sm">
        <Logo className="mb-8 justify-center" />
        <div className="rounded-2xl border bg-surface p-6 shadow-card sm:p-7">
          <h1 className="text-xl font-semibold">{title}</h1>
          {about && <p className="mt-1 text-sm text-muted">{about}</p>}
          <div className="mt-5">{children}</div>
        </div>
      </div>
    </main>
  );
}

/** The ways to the other screens, below the form. */
export function Ways({ children }: { children: ReactNode }) {
  return (
    <p className="mt-5 flex flex-wrap justify-center gap-x-5 gap-y-1 text-sm [&_a]:font-medium [&_a]:text-brand [&_a]:underline-offset-4 [&_a]:hover:underline">
      {children}
    </p>
  );
}
