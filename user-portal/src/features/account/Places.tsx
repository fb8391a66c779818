import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "@/components/Button";
import { Card, Row } from "@/components/Row";
import { Notice } from "@/components/Notice";
import { Screen } from "@/components/Screen";
import { Text } from "@/components/Text";
import { useAction } from "@/components/useAction";
import { Failed, Waiting } from "@/components/Waiting";
import { inWords } from "@/lib/api/problem";
import { asked } from "@/lib/asking";
import { when } from "@/lib/time";
import { endOtherPlaces, endPlace, logOut, places, type SignedInPlace } from "./api";

/** Where one is signed in, and ending that. */
export function Places() {
  const client = useQueryClient();
  const list = useQuery({ queryKey: ["places"], queryFn: places });
  const again = { onSettled: () => client.invalidateQueries({ queryKey: ["places"] }) };
  const ending = useMutation({ mutationFn: endPlace, ...again });
  const endingOthers = useMutation({ mutationFn: endOtherPlaces, ...again });
  const everywhere = useAction(async () => {
    const sure = await asked({ title: "Log out everywhere?", about: "Calls in progress end, too.", yes: "Log out" });
    if (sure) await logOut({ everywhere: true });
  });

  if (list.error) return <Failed error={list.error} again={() => void list.refetch()} />;
  if (!list.data) return <Waiting />;
  const problem = ending.error ?? endingOthers.error;
  const others = list.data.filter((place) => !place.current);
  return (
    <Screen>
      <Text soft>End what you do not recognise, then change your password.</Text>
      {problem && <Notice kind="danger">{inWords(problem)}</Notice>}
      <Card>
        {list.data.map((place) => (
          <Row
            key={place.id}
            icon={place.current ? "check" : "person"}
            title={place.current ? "This device" : deviceOf(place)}
            about={`${place.current ? deviceOf(place) : place.address} · ${when(place.last_used_at)}`}
            trailing={!place.current && <Button kind="link" label="End" onPress={() => ending.mutate(place.id)} />}
          />
        ))}
      </Card>
      {others.length > 0 && (
        <Button
          kind="secondary"
          label="End all others"
          busy={endingOthers.isPending}
          onPress={() => endingOthers.mutate()}
        />
      )}
      <Button kind="danger" label="Log out everywhere" busy={everywhere.busy} onPress={everywhere.run} />
    </Screen>
  );
}

const SYSTEMS = ["iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"];
const BROWSERS = ["Firefox", "Edg", "Chrome", "Safari", "okhttp", "CFNetwork"];

/** A short name for a User-Agent. */
function deviceOf({ user_agent: agent }: SignedInPlace): string {
  const known = (names: string[]) => names.find((name) => agent.includes(name));
  const named = [known(BROWSERS)?.replace("Edg", "Edge"), known(SYSTEMS)?.replace("Macintosh", "Mac")].filter(Boolean);
  return named.join(" on ") || agent.slice(0, 40) || "Unknown device";
}
