import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import type { Schema } from "@/lib/api/client";
import { confirmTotp } from "./api/totp";
import { QrCode } from "./qr-code";

interface TotpDialogProps {
  enrolment: Schema<"TotpEnrolment">;
  onClose: () => void;
  /** With recovery codes if there were none before. */
  onConfirmed: (codes: string[] | null) => void;
}

export function TotpDialog({ enrolment, onClose, onConfirmed }: TotpDialogProps) {
  const [code, setCode] = useState("");
  const confirm = useMutation({ mutationFn: confirmTotp });
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="Authenticator app"
      about="Scan this with the app, then type the code that it shows."
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate(code, {
            onSuccess: ({ recovery_codes }) => {
              onConfirmed(recovery_codes);
            },
          });
        }}
      >
        <QrCode text={enrolment.uri} label="QR code for the authenticator app" />
        <details className="text-sm text-muted">
          <summary className="cursor-pointer rounded">It cannot be scanned?</summary>
          <p className="mt-2">
            Type this into the app: <code className="break-all text-ink">{enrolment.secret}</code>
          </p>
        </details>
        <Field label="Code">
          {(wiring) => (
            <Input
              {...wiring}
              required
              pattern="[0-9]{6}"
              inputMode="numeric"
              autoComplete="one-time-code"
              className="text-center text-lg tracking-[0.4em] tabular-nums"
              value={code}
              onChange={({ target }) => {
                setCode(target.value);
              }}
            />
          )}
        </Field>
        <Problem error={confirm.error} />
        <DialogButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={confirm.isPending}>
            Confirm
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  );
}
