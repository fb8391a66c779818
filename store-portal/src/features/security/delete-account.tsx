import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { ApiError } from "@/lib/api/errors";
import { session } from "@/lib/api/session";
import { useDeleteAccount } from "./api/delete-account";
import { useProof } from "./proof";

export function DeleteAccount({ onClose }: { onClose: () => void }) {
  const [password, setPassword] = useState("");
  const remove = useDeleteAccount();
  const proof = useProof();
  const submit = () =>
    proof.run(async () => {
      await remove.mutateAsync(password);
      session.end();
    });
  const isAboutProof = remove.error instanceof ApiError && remove.error.code === "proof_required";
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="Delete the account?"
      about="The store, its assistants, what they know, every conversation and every message are gone for good."
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Field label="Password">
          {(wiring) => (
            <Input
              {...wiring}
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={({ target }) => {
                setPassword(target.value);
              }}
            />
          )}
        </Field>
        {!isAboutProof && <Problem error={remove.error} />}
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="danger" busy={remove.isPending}>
            Delete everything
          </Button>
        </DialogButtons>
      </form>
      {proof.dialog}
    </Dialog>
  );
}
