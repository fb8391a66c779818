import { Pause, Play } from "lucide-react";
import { Button } from "@/components/ui/button";
import { messageOf } from "@/lib/api/errors";
import { useHold } from "./api/act";

interface HoldProps {
  id: string;
  holds: boolean;
  onHolds: (holds: boolean) => void;
  onError: (problem: string) => void;
}

/** Let the caller hear music, and give them back. Asked twice, either changes nothing. */
export function Hold({ id, holds, onHolds, onError }: HoldProps) {
  const hold = useHold(id);
  const act = () => {
    hold.mutate(holds ? "resume" : "hold", {
      onSuccess: () => {
        onHolds(!holds);
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
