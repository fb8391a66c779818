import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Plus } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { formatAgo } from "@/lib/time";
import { listUnanswered } from "./api/list-unanswered";

/** What callers asked in vain, each an entry that could be written. */
export function UnansweredCard({ onAnswer }: { onAnswer: (question: string) => void }) {
  const query = useQuery(listUnanswered);
  return (
    <Card>
      <CardHeader title="Unanswered" about="What callers asked and nothing here answers." />
      {query.isPending && <SkeletonLines lines={3} className="px-5 pb-5" />}
      {query.isError && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {query.data?.questions.length === 0 && <Empty icon={CircleCheck} title="Everything had an answer" />}
      <ul className="divide-y border-t empty:hidden">
        {query.data?.questions.map(({ question, times, last_asked_at }) => (
          <li key={question} className="flex items-center gap-3 px-5 py-3">
            <div className="min-w-0 flex-1">
              <p className="text-sm break-words">{question}</p>
              <p className="text-xs text-muted">
                {times === 1 ? "once" : `${times} times`}, {formatAgo(last_asked_at)}
              </p>
            </div>
            <Button
              size="small"
              aria-label={`Answer “${question}”`}
              onClick={() => {
                onAnswer(question);
              }}
            >
              <Plus aria-hidden />
              Answer
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
