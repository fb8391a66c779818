import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { messageOf } from "@/lib/api/errors";
import { useHold } from "./api/act";

/** Let the caller hear music, and give them back. Asked twice, either changes nothing. */
export function Hold({ id, onError }: { id: string; onError: (problem: string) => void }) {
  const [holds, setHolds] = useState(false);
  const hold = useHold(id);
  const act = () => {
    hold.mutate(holds ? "resume" : "hold", {
      onSuccess: () => {
        setHolds(!holds);
      },
      onError: (error) => {
        onError(messageOf(error));
      },
    });
  };
  return (
    <Button size="small" busy={hold.isPending} onClick={act}>
      {holds ? <Play aria-hidden /> : <Pause aria-hidden />}
      {holds ? "Resume" : "Hold"}
    </Button>
  );
}
