import { Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/confirm";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { useDeleteEntry } from "./api/delete-entry";
import type { Entry } from "./api/list-entries";

export function DeleteEntry({ entry, onDeleted }: { entry: Entry; onDeleted: () => void }) {
  const [asking, setAsking] = useState(false);
  const remove = useDeleteEntry();
  const tell = useTell();
  return (
    <>
      <Button
        look="danger"
        className="mr-auto"
        busy={remove.isPending}
        onClick={() => {
          setAsking(true);
        }}
      >
        <Trash2 aria-hidden />
        Delete
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Delete this entry?"
        about={`The assistant will no longer know “${entry.title}”.`}
        action="Delete"
        onConfirm={() => {
          remove.mutate(entry.id, {
            onSuccess: onDeleted,
            onError: (error) => {
              tell({ text: messageOf(error), tone: "danger" });
            },
          });
        }}
      />
    </>
  );
}
