import { PhoneOff } from "lucide-react";
import { Page } from "@/components/page";
import { Card } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Problem } from "@/components/ui/states";
import { TalkCard } from "./talk-card";
import { useLive } from "./use-live";

/** Every conversation that goes on, word by word. */
export default function LiveScreen() {
  const { live, error } = useLive();
  const talks = live && [...live.values()];
  return (
    <Page title="Live" about="Who talks to your assistant now, and what they say.">
      <div className="grid gap-5">
        <Problem error={error} />
        {talks === null ? (
          !error && (
            <Card className="p-6">
              <SkeletonLines lines={5} />
            </Card>
          )
        ) : talks.length === 0 ? (
          <Card>
            <Empty icon={PhoneOff} title="Nobody is calling">
              As soon as somebody does, their conversation appears here and is written while it is spoken.
            </Empty>
          </Card>
        ) : (
          <ul className="grid items-start gap-5 xl:grid-cols-2">
            {talks.map((talk) => (
              <li key={talk.conversation.id}>
                <TalkCard talk={talk} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Page>
  );
}
