import { useQuery } from "@tanstack/react-query";
import { PhoneOutgoing } from "lucide-react";
import { useState } from "react";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { listNumbers } from "./api/numbers";
import { CallsCard } from "./calls-card";
import { DialForm } from "./dial-form";
import { LimitsCard } from "./limits-card";
import { NumbersCard } from "./numbers-card";

/** The store's telephone: its numbers, who answers them, and every call. */
export default function PhoneScreen() {
  const [dialling, setDialling] = useState(false);
  const query = useQuery(listNumbers());
  const numbers = query.data ?? [];
  return (
    <Page
      title="Phone"
      about="Your telephone numbers, who answers them, and whom your assistant has called."
      actions={
        numbers.length > 0 && (
          <Button
            look="primary"
            onClick={() => {
              setDialling(true);
            }}
          >
            <PhoneOutgoing aria-hidden />
            Call somebody
          </Button>
        )
      }
    >
      <div className="grid gap-5 *:min-w-0">
        <NumbersCard query={query} />
        {numbers.length > 0 && <LimitsCard />}
        <CallsCard />
      </div>
      <Dialog
        open={dialling}
        onOpenChange={setDialling}
        title="Call somebody"
        about="Your assistant talks to whoever answers."
      >
        <DialForm
          numbers={numbers}
          onDone={() => {
            setDialling(false);
          }}
        />
      </Dialog>
    </Page>
  );
}
