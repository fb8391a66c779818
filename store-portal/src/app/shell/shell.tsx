import { Link, Outlet } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { Logo } from "@/components/logo";
import { Button } from "@/components/ui/button";
import { AccountMenu } from "./account-menu";
import { PLACES } from "./nav";

/** The frame of every screen: the places on the left, or behind a button where there is no room. */
export function Shell() {
  return (
    <div className="grid h-dvh grid-rows-[auto_1fr] lg:grid-cols-[15.5rem_1fr] lg:grid-rows-1">
      <a
        href="#content"
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-lg bg-brand px-3 py-2 text-sm text-on-brand focus:translate-y-0"
      >
        To the content
      </a>
      <header className="flex items-center justify-between border-b bg-surface px-3 py-2 lg:hidden">
        <SmallNavigation />
        <Logo />
        <AccountMenu compact />
      </header>
      <aside className="hidden border-r bg-surface lg:flex lg:flex-col">
        <Logo className="px-5 pt-5 pb-6" />
        <Places />
        <div className="mt-auto border-t p-3">
          <AccountMenu />
        </div>
      </aside>
      {/* It scrolls, so a keyboard has to reach it also where nothing within it can be reached. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <main id="content" tabIndex={0} className="min-h-0 overflow-y-auto outline-none">
        <Outlet />
      </main>
    </div>
  );
}

function Places({ onGo }: { onGo?: () => void }) {
  return (
    <nav aria-label="Portal" className="grid gap-0.5 px-3">
      {PLACES.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === "/" }}
          onClick={onGo}
          className="flex items-center gap-3 rounded-lg px-3 py-2 text-sm font-medium text-muted transition-colors hover:bg-sunken hover:text-ink data-[status=active]:bg-brand-soft data-[status=active]:text-brand-strong"
        >
          <Icon className="size-4.5" aria-hidden />
          {label}
        </Link>
      ))}
    </nav>
  );
}

function SmallNavigation() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <Button look="quiet" size="icon" aria-label="Navigation">
          <MenuIcon />
        </Button>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 w-64 border-r bg-surface py-5 shadow-2xl outline-none data-[state=open]:animate-appear"
        >
          <Dialog.Title className="px-5 pb-5">
            <Logo />
          </Dialog.Title>
          <Places
            onGo={() => {
              setOpen(false);
            }}
          />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
