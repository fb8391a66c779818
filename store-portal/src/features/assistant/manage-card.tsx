import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Confirm } from "@/components/ui/confirm";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { useDeleteAssistant, useMakeDefault, type Assistant } from "./api/assistants";

/** What one does with an assistant as a whole, where a store has several. */
export function ManageCard({ assistant, only }: { assistant: Assistant; only: boolean }) {
  const [asking, setAsking] = useState(false);
  const makeDefault = useMakeDefault(assistant.id);
  const remove = useDeleteAssistant(assistant.id);
  const tell = useTell();
  const onError = (error: unknown) => {
    tell({ text: messageOf(error), tone: "danger" });
  };
  if (only) return null;
  return (
    <Card>
      <CardHeader
        title={assistant.default ? "The default assistant" : "Another assistant"}
        about={assistant.default ? "It answers whoever asks for no other." : `Callers reach it as ${assistant.slug}.`}
      />
      {!assistant.default && (
        <div className="flex flex-wrap gap-2 px-5 pb-5">
          <Button
            busy={makeDefault.isPending}
            onClick={() => {
              makeDefault.mutate(undefined, { onError });
            }}
          >
            Make it the default
          </Button>
          <Button
            look="danger"
            onClick={() => {
              setAsking(true);
            }}
          >
            Delete
          </Button>
        </div>
      )}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Delete ${assistant.draft.name}?`}
        about="Nobody can talk to it any more; conversations with it stay on record."
        action="Delete"
        onConfirm={() => {
          remove.mutate(undefined, { onError });
        }}
      />
    </Card>
  );
}
