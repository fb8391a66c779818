import { zodResolver } from "@hookform/resolvers/zod";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { useForm } from "react-hook-form";
import * as z from "zod";
import type { Schema } from "@/lib/api/client";
import { askPasskey, hasPasskeys } from "@/lib/passkeys";
import { Button } from "./ui/button";
import { Field, Input } from "./ui/field";
import { Problem } from "./ui/states";

type Method = Schema<"Method">;

const codes = {
  totp: z.object({ code: z.string().regex(/^\d{6}$/, "Six digits, as the app shows them.") }),
  recovery_code: z.object({
    code: z
      .string()
      .trim()
      .regex(/^[0-9A-Za-z -]{24,40}$/, "One of the codes that you wrote down."),
  }),
};

const OTHER_WAY: Record<Method, string> = {
  totp: "Use the authenticator app",
  passkey: "Use a passkey",
  recovery_code: "Use a recovery code",
};

interface SecondFactorFormProps {
  challenge: Schema<"SecondFactorChallenge">;
  busy: boolean;
  error: unknown;
  onAnswer: (answer: Schema<"SecondFactorAnswer">) => void;
}

/** The step after the password: a code, a recovery code or a passkey, whichever the account has. */
export function SecondFactorForm({ challenge, busy, error, onAnswer }: SecondFactorFormProps) {
  const usable = challenge.methods.filter((method) => method !== "passkey" || hasPasskeys);
  const [method, setMethod] = useState<Method>(usable[0] ?? "recovery_code");
  return (
    <div className="grid gap-4">
      {method === "passkey" ? (
        <PasskeyStep challenge={challenge} busy={busy} onAnswer={onAnswer} />
      ) : (
        <CodeStep key={method} method={method} challenge={challenge} busy={busy} onAnswer={onAnswer} />
      )}
      <Problem error={error} />
      {usable.length > 1 && (
        <div className="flex flex-wrap justify-center gap-1">
          {usable
            .filter((other) => other !== method)
            .map((other) => (
              <Button
                key={other}
                look="quiet"
                size="small"
                onClick={() => {
                  setMethod(other);
                }}
              >
                {OTHER_WAY[other]}
              </Button>
            ))}
        </div>
      )}
    </div>
  );
}

interface StepProps extends Pick<SecondFactorFormProps, "challenge" | "busy" | "onAnswer"> {
  method: "totp" | "recovery_code";
}

function CodeStep({ method, challenge, busy, onAnswer }: StepProps) {
  const form = useForm({ resolver: zodResolver(codes[method]), defaultValues: { code: "" } });
  const isApp = method === "totp";
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={form.handleSubmit(({ code }) => {
        onAnswer({ method, challenge: challenge.challenge, code });
      })}
    >
      <Field
        label={isApp ? "Code from your authenticator app" : "Recovery code"}
        error={form.formState.errors.code?.message}
      >
        {(wiring) => (
          <Input
            {...wiring}
            {...form.register("code")}
            autoComplete={isApp ? "one-time-code" : "off"}
            inputMode={isApp ? "numeric" : "text"}
            className={isApp ? "text-center text-lg tracking-[0.4em] tabular-nums" : "font-mono"}
          />
        )}
      </Field>
      <Button type="submit" look="primary" size="wide" busy={busy}>
        Continue
      </Button>
    </form>
  );
}

function PasskeyStep({ challenge, busy, onAnswer }: Omit<StepProps, "method">) {
  return (
    <Button
      look="primary"
      size="wide"
      busy={busy}
      onClick={async () => {
        const credential = challenge.passkey && (await askPasskey<Schema<"Assertion">>(challenge.passkey));
        if (credential) onAnswer({ method: "passkey", challenge: challenge.challenge, credential });
      }}
    >
      <Fingerprint aria-hidden />
      Use a passkey
    </Button>
  );
}
