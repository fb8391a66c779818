import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Phone } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Select } from "@/components/ui/field";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { me } from "@/lib/api/me";
import { listAssistants } from "./api/assistants";
import { useChooseAssistant, type PhoneNumber } from "./api/numbers";

/** Which numbers the store has, and who answers each. */
export function NumbersCard({ query }: { query: UseQueryResult<PhoneNumber[]> }) {
  return (
    <Card>
      <CardHeader title="Numbers" about="Given to you by whoever runs this server." />
      {query.isPending ? (
        <SkeletonLines lines={2} className="px-5 pb-5" />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.length === 0 ? (
        <NoNumber />
      ) : (
        <ul className="divide-y border-t">
          {query.data.map((number) => (
            <li key={number.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-4">
              <Answered number={number} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function NoNumber() {
  const { data: store } = useQuery(me);
  return (
    <Empty icon={Phone} title="You have no telephone number yet">
      <p>Whoever runs this server connects it with Twilio or Daily, and gives your store a number with this command:</p>
      <code className="max-w-full rounded-lg bg-sunken px-3 py-2 text-left text-xs break-words text-ink">
        python -m server phone assign +1… {store?.slug ?? "your-store"}
      </code>
      <p>From then on your assistant answers it, and you can have people called from here.</p>
      <Button asChild>
        <Link to="/assistant">Set up who will answer</Link>
      </Button>
    </Empty>
  );
}

function Answered({ number: { id, number, assistant } }: { number: PhoneNumber }) {
  const { data: assistants = [] } = useQuery(listAssistants());
  const choose = useChooseAssistant(id);
  const tell = useTell();
  return (
    <>
      <span className="font-medium tabular-nums">{number}</span>
      <label className="flex flex-wrap items-center gap-2 text-sm text-muted">
        answered by
        <Select
          aria-label={`Who answers ${number}`}
          // What was chosen shows while it is on its way.
          value={(choose.isPending ? choose.variables : assistant) ?? ""}
          onChange={(event) => {
            choose.mutate(event.target.value || null, {
              onSuccess: () => {
                tell({ text: "From the next call on." });
              },
              onError: (error) => {
                tell({ text: messageOf(error), tone: "danger" });
              },
            });
          }}
        >
          <option value="">Your default assistant</option>
          {assistants.map(({ slug, draft }) => (
            <option key={slug} value={slug}>
              {draft.name} ({slug})
            </option>
          ))}
        </Select>
      </label>
    </>
  );
}
