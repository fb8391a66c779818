import { useEffect, useState } from "react";
import { Notice } from "@/components/Notice";

/** The longest conversation is about to be over. Said every five seconds, so that a screen reader can finish. */
export function Countdown({ endsAt }: { endsAt: number }) {
  const [left, setLeft] = useState(() => secondsTo(endsAt));
  useEffect(() => {
    const ticking = setInterval(() => setLeft(secondsTo(endsAt)), 5000);
    return () => clearInterval(ticking);
  }, [endsAt]);
  return <Notice kind="warm">{`This conversation ends in ${left} seconds.`}</Notice>;
}

const secondsTo = (endsAt: number) => Math.max(0, Math.round((endsAt - Date.now()) / 5000) * 5);
