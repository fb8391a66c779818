import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/components/ui/menu";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { saveFile } from "@/lib/api/save-file";
import { queryOf, type Filters } from "./filters";

/** Save what the filters leave, as a table or for programs. */
export function ExportMenu({ chosen }: { chosen: Filters }) {
  const tell = useTell();
  const save = useMutation({
    mutationFn: (kind: "csv" | "json") =>
      saveFile(
        `/store/exports/conversations/${kind}?${new URLSearchParams(queryOf(chosen)).toString()}`,
        `conversations.${kind}`,
      ),
    onError: (error) => {
      tell({ text: messageOf(error), tone: "danger" });
    },
  });
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button busy={save.isPending}>
          <Download aria-hidden />
          Export
        </Button>
      </MenuTrigger>
      <MenuContent align="end">
        <MenuItem
          onSelect={() => {
            save.mutate("csv");
          }}
        >
          Table (CSV)
        </MenuItem>
        <MenuItem
          onSelect={() => {
            save.mutate("json");
          }}
        >
          For programs (JSON)
        </MenuItem>
      </MenuContent>
    </Menu>
  );
}
