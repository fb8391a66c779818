import { useMutation, useQuery } from "@tanstack/react-query";
import { Download, Trash2 } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { me } from "@/lib/api/me";
import { saveFile } from "@/lib/api/save-file";
import { useResendVerification } from "./api/resend-verification";
import { DeleteAccount } from "./delete-account";

/** What is known of the account, all of it to take along, and its end. */
export function AccountCard() {
  const { data: store } = useQuery(me);
  const [deleting, setDeleting] = useState(false);
  const tell = useTell();
  const onError = (error: unknown) => {
    tell({ text: messageOf(error), tone: "danger" });
  };
  const resend = useResendVerification();
  const save = useMutation({ mutationFn: () => saveFile("/store/me/export", "storeline-export.json"), onError });
  return (
    <Card>
      <CardHeader title="Account" about={store?.email}>
        {store &&
          (store.email_verified ? (
            <Badge tone="brand">Address confirmed</Badge>
          ) : (
            <Button
              size="small"
              busy={resend.isPending}
              onClick={() => {
                resend.mutate(undefined, {
                  onError,
                  onSuccess: () => {
                    tell({ text: "A link is on its way to you." });
                  },
                });
              }}
            >
              Confirm the address
            </Button>
          ))}
      </CardHeader>
      <div className="flex flex-wrap gap-2 px-5 pb-5">
        <Button
          busy={save.isPending}
          onClick={() => {
            save.mutate();
          }}
        >
          <Download aria-hidden />
          Export everything
        </Button>
        <Button
          look="danger"
          onClick={() => {
            setDeleting(true);
          }}
        >
          <Trash2 aria-hidden />
          Delete the account
        </Button>
      </div>
      {deleting && (
        <DeleteAccount
          onClose={() => {
            setDeleting(false);
          }}
        />
      )}
    </Card>
  );
}
