import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card, CardHeader } from "@/components/ui/card";
import { Dialog, DialogButtons } from "@/components/ui/dialog";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { formatDateTime, formatWhen } from "@/lib/time";
import { listVersions, useRestore, type Assistant, type Version } from "./api/assistants";
import { differences } from "./content";

/** What was published, how the draft differs from it, and the way back. */
export function VersionsCard({ assistant }: { assistant: Assistant }) {
  const query = useInfiniteQuery(listVersions(assistant.id));
  const [compared, setCompared] = useState<Version | null>(null);
  const versions = query.data?.pages.flatMap((page) => page.versions) ?? [];
  return (
    <Card>
      <CardHeader title="Versions" about="Conversations that have begun keep theirs." />
      {query.isPending ? (
        <SkeletonLines lines={2} className="px-5 pb-5" />
      ) : query.isError ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : versions.length === 0 ? (
        <p className="px-5 pb-5 text-sm text-muted">Nothing has been published yet.</p>
      ) : (
        <ol className="max-h-72 divide-y overflow-y-auto border-t">
          {versions.map((version) => (
            <li key={version.number} className="flex items-center gap-3 px-5 py-2.5 text-sm">
              <span className="font-medium">Version {version.number}</span>
              <time
                dateTime={version.published_at}
                title={formatDateTime(version.published_at)}
                className="min-w-0 truncate text-muted"
              >
                {formatWhen(version.published_at)}
              </time>
              <Button
                size="small"
                className="ml-auto"
                onClick={() => {
                  setCompared(version);
                }}
              >
                Compare
              </Button>
            </li>
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <Button size="small" className="m-3" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older versions
        </Button>
      )}
      {compared && (
        <Compared
          assistant={assistant}
          version={compared}
          onClose={() => {
            setCompared(null);
          }}
        />
      )}
    </Card>
  );
}

interface ComparedProps {
  assistant: Assistant;
  version: Version;
  onClose: () => void;
}

function Compared({ assistant, version, onClose }: ComparedProps) {
  const restore = useRestore(assistant.id);
  const tell = useTell();
  const changes = differences(version.content, assistant.draft);
  return (
    <Dialog open onOpenChange={onClose} wide title={`Version ${version.number} and the saved draft`}>
      {changes.length === 0 ? (
        <p className="text-sm text-muted">They say the same.</p>
      ) : (
        <dl className="grid gap-4">
          {changes.map(({ what, before, now }) => (
            <div key={what} className="grid gap-1">
              <dt className="text-sm font-medium">{what}</dt>
              <dd className="grid gap-1 text-sm sm:grid-cols-2 sm:gap-3">
                <del className="rounded-lg bg-danger-soft px-3 py-2 break-words no-underline">{before}</del>
                <ins className="rounded-lg bg-brand-soft px-3 py-2 break-words no-underline">{now}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <DialogButtons>
        {version.number !== assistant.live_version && (
          <Button
            busy={restore.isPending}
            onClick={() => {
              restore.mutate(version.number, {
                onSuccess: ({ number }) => {
                  tell({ text: `Version ${version.number} is back, as version ${number}.` });
                  onClose();
                },
                onError: (error) => {
                  tell({ text: messageOf(error), tone: "danger" });
                },
              });
            }}
          >
            Go back to version {version.number}
          </Button>
        )}
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      </DialogButtons>
    </Dialog>
  );
}
