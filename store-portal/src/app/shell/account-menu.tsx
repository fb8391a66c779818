import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import {
  Menu,
  MenuContent,
  MenuItem,
  MenuLabel,
  MenuLine,
  MenuRadioGroup,
  MenuRadioItem,
  MenuTrigger,
} from "@/components/ui/menu";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { logOut } from "@/lib/api/log-out";
import { me } from "@/lib/api/me";
import { chosenTheme, chooseTheme, THEMES, type Theme } from "@/lib/theme";

const LOOKS: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };

/** Who is signed in, how the portal looks, and the way out. */
export function AccountMenu({ compact = false }: { compact?: boolean }) {
  const { data: store } = useQuery(me);
  const [theme, setTheme] = useState(chosenTheme);
  const tell = useTell();
  const name = store?.name ?? "Your store";
  return (
    <Menu>
      <MenuTrigger asChild>
        {compact ? (
          <Button look="quiet" size="icon" aria-label="Account">
            <Initial name={name} />
          </Button>
        ) : (
          <button
            type="button"
            className="flex w-full items-center gap-3 rounded-lg px-2 py-2 text-left transition-colors hover:bg-sunken"
          >
            <Initial name={name} />
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm font-medium">{name}</span>
              <span className="block truncate text-xs text-muted">{store?.email}</span>
            </span>
            <ChevronsUpDown className="size-4 shrink-0 text-muted" aria-hidden />
          </button>
        )}
      </MenuTrigger>
      <MenuContent align={compact ? "end" : "start"} side={compact ? "bottom" : "top"} className="w-56">
        <MenuLabel>Appearance</MenuLabel>
        <MenuRadioGroup
          value={theme}
          onValueChange={(value) => {
            const chosen = THEMES.find((each) => each === value) ?? "system";
            setTheme(chosen);
            chooseTheme(chosen);
          }}
        >
          {THEMES.map((each) => (
            <MenuRadioItem key={each} value={each}>
              {LOOKS[each]}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
        <MenuLine />
        <MenuItem
          onSelect={() => {
            logOut().catch((error: unknown) => {
              tell({ text: messageOf(error), tone: "danger" });
            });
          }}
        >
          <LogOut aria-hidden />
          Log out
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}

function Initial({ name }: { name: string }) {
  return (
    <span
      aria-hidden
      className="grid size-8 shrink-0 place-items-center rounded-full bg-brand-soft text-sm font-semibold text-brand-strong"
    >
      {name.slice(0, 1).toUpperCase()}
    </span>
  );
}
