import { useState, type ReactNode } from "react";
import { SecondFactorForm } from "@/components/second-factor-form";
import { Button } from "@/components/ui/button";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { ApiError, messageOf } from "@/lib/api/errors";
import type { Schema } from "@/lib/api/client";
import { useProve, useProveSecondFactor } from "./api/prove";

type Action = () => Promise<unknown>;

interface Proof {
  /** Do it; if the server wants a proof first, ask for that, and do it then. What else goes wrong is told. */
  run: (action: Action) => Promise<void>;
  dialog: ReactNode;
}

/** For what only whoever has just proved who they are may do. */
export function useProof(): Proof {
  const [waiting, setWaiting] = useState<Action | null>(null);
  const tell = useTell();
  const run = async (action: Action) => {
    try {
      await action();
    } catch (error) {
      if (error instanceof ApiError && error.code === "proof_required") setWaiting(() => action);
      else tell({ text: messageOf(error), tone: "danger" });
    }
  };
  const dialog = waiting && (
    <ProofDialog
      onClose={() => {
        setWaiting(null);
      }}
      onProved={() => {
        setWaiting(null);
        void run(waiting);
      }}
    />
  );
  return { run, dialog };
}

function ProofDialog({ onClose, onProved }: { onClose: () => void; onProved: () => void }) {
  const [password, setPassword] = useState("");
  const [challenge, setChallenge] = useState<Schema<"SecondFactorChallenge"> | null>(null);
  const prove = useProve();
  const second = useProveSecondFactor();
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="Is it still you?"
      about="How you log in can only be changed by you."
    >
      {challenge ? (
        <SecondFactorForm
          challenge={challenge}
          busy={second.isPending}
          error={second.error}
          onAnswer={(answer) => {
            second.mutate(answer, { onSuccess: onProved });
          }}
        />
      ) : (
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            prove.mutate(password, {
              onSuccess: (wanted) => {
                if (wanted) setChallenge(wanted);
                else onProved();
              },
            });
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
          <Problem error={prove.error} />
          <DialogButtons>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" busy={prove.isPending}>
              Continue
            </Button>
          </DialogButtons>
        </form>
      )}
    </Dialog>
  );
}
