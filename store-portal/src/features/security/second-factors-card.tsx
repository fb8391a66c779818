import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Fingerprint, KeyRound, Smartphone, type LucideIcon } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import type { Schema } from "@/lib/api/client";
import { hasPasskeys } from "@/lib/passkeys";
import { formatAgo } from "@/lib/time";
import { addPasskey, passkeyOptions, removePasskey } from "./api/passkeys";
import { renewRecoveryCodes } from "./api/renew-recovery-codes";
import { showSecondFactors } from "./api/show-second-factors";
import { enrolTotp, removeTotp } from "./api/totp";
import { deviceOf } from "./device";
import { useProof } from "./proof";
import { RecoveryCodes } from "./recovery-codes";
import { TotpDialog } from "./totp-dialog";

/** What is asked for besides the password. */
export function SecondFactorsCard() {
  const query = useQuery(showSecondFactors);
  const queries = useQueryClient();
  const proof = useProof();
  const [enrolment, setEnrolment] = useState<Schema<"TotpEnrolment"> | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const change = (action: () => Promise<unknown>) => {
    void proof.run(async () => {
      await action();
      await queries.invalidateQueries({ queryKey: showSecondFactors.queryKey });
    });
  };
  const passkey = async () => {
    const added = await addPasskey(deviceOf(navigator.userAgent), await passkeyOptions());
    if (added?.recovery_codes) setCodes(added.recovery_codes);
  };
  const factors = query.data;
  return (
    <Card>
      <CardHeader title="Second factor" about="Something that only you have, besides the password." />
      {query.isPending && <SkeletonLines className="px-5 pb-5" />}
      {query.isError && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {factors && (
        <ul className="divide-y border-t">
          <Row
            icon={Smartphone}
            name="Authenticator app"
            about={factors.totp ? `Since ${formatAgo(factors.totp.since)}` : "Codes of six digits"}
          >
            {factors.totp ? (
              <Button
                look="danger"
                size="small"
                aria-label="Remove the authenticator app"
                onClick={() => {
                  change(removeTotp);
                }}
              >
                Remove
              </Button>
            ) : (
              <Button
                size="small"
                aria-label="Set up an authenticator app"
                onClick={() => {
                  change(async () => {
                    setEnrolment(await enrolTotp());
                  });
                }}
              >
                Set up
              </Button>
            )}
          </Row>
          {factors.passkeys.map(({ id, name, rp_id, last_used_at }) => (
            <Row
              key={id}
              icon={Fingerprint}
              name={name}
              about={`Passkey for ${rp_id}, ${last_used_at ? `used ${formatAgo(last_used_at)}` : "not used yet"}`}
            >
              <Button
                look="danger"
                size="small"
                aria-label={`Remove the passkey ${name}`}
                onClick={() => {
                  change(() => removePasskey(id));
                }}
              >
                Remove
              </Button>
            </Row>
          ))}
          {hasPasskeys && (
            <Row icon={Fingerprint} name="Passkey" about="Fingerprint, face, or a key; logs in without a password, too">
              <Button
                size="small"
                aria-label="Add a passkey"
                onClick={() => {
                  change(passkey);
                }}
              >
                Add
              </Button>
            </Row>
          )}
          {(factors.totp ?? factors.passkeys.length > 0) && (
            <Row icon={KeyRound} name="Recovery codes" about={`${factors.recovery_codes_left} left, each good once`}>
              <Button
                size="small"
                aria-label="Make new recovery codes"
                onClick={() => {
                  change(async () => {
                    setCodes((await renewRecoveryCodes()).recovery_codes);
                  });
                }}
              >
                New codes
              </Button>
            </Row>
          )}
        </ul>
      )}
      {proof.dialog}
      {enrolment && (
        <TotpDialog
          enrolment={enrolment}
          onClose={() => {
            setEnrolment(null);
          }}
          onConfirmed={(made) => {
            setEnrolment(null);
            setCodes(made);
            void queries.invalidateQueries({ queryKey: showSecondFactors.queryKey });
          }}
        />
      )}
      {codes && (
        <RecoveryCodes
          codes={codes}
          onClose={() => {
            setCodes(null);
          }}
        />
      )}
    </Card>
  );
}

interface RowProps {
  icon: LucideIcon;
  name: string;
  about: string;
  children: ReactNode;
}

function Row({ icon: Icon, name, about, children }: RowProps) {
  return (
    <li className="flex items-center gap-3 px-5 py-3">
      <Icon className="size-5 shrink-0 text-muted" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{name}</p>
        <p className="text-xs text-muted">{about}</p>
      </div>
      {children}
    </li>
  );
}
