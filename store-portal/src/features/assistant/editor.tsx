import { zodResolver } from "@hookform/resolvers/zod";
import { lazy, Suspense } from "react";
import { FormProvider, useForm, type FieldPath, type UseFormReturn } from "react-hook-form";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Problem } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { ApiError, messageOf } from "@/lib/api/errors";
import { dropDraft, useDraft } from "@/lib/drafts";
import { usePublish, useSaveDraft, type Assistant } from "./api/assistants";
import { form as schema, fromForm, toForm, type Form } from "./content";
import { AnswersCard, HoursCard, RulesCard, SpeechCard } from "./fields";
import { HolidaysCard } from "./holidays-card";
import { ManageCard } from "./manage-card";
import { ModelsCard } from "./models-card";
import { OwnToolsCard } from "./own-tools-card";
import { TransfersCard } from "./transfers-card";
import { VersionsCard } from "./versions-card";
import { WantedFieldsCard } from "./wanted-fields-card";

// The call's libraries weigh more than the rest of the portal.
const TestCall = lazy(() => import("./test-call/test-call"));

interface EditorProps {
  assistant: Assistant;
  /** Whether the store has no other assistant. */
  only: boolean;
}

/** The draft on the left; on the right what one does with it. What is typed is kept until it is saved. */
export function Editor({ assistant, only }: EditorProps) {
  const key = `assistant-${assistant.id}`;
  const form = useForm<Form>({
    resolver: zodResolver(schema),
    defaultValues: toForm(assistant.draft),
  });
  useDraft(key, form);
  const save = useSaveDraft(assistant.id);
  const publish = usePublish(assistant.id);
  const tell = useTell();
  const { isDirty } = form.formState;
  const conflict = save.error instanceof ApiError && save.error.code === "draft_changed";

  const saved = async (values: Form) => {
    const draft = fromForm(assistant.draft, values);
    const kept = await save.mutateAsync({ revision: assistant.revision, draft }).catch((thrown: unknown) => {
      showAtField(form, thrown);
      throw thrown;
    });
    dropDraft(key);
    form.reset(toForm(kept.draft));
    return kept.revision;
  };
  const onSave = form.handleSubmit(async (values) => {
    await saved(values).catch(() => undefined);
  });
  const onPublish = form.handleSubmit(async (values) => {
    try {
      const revision = isDirty ? await saved(values) : assistant.revision;
      const { number } = await publish.mutateAsync(revision);
      tell({ text: `Version ${number} answers from the next call on.` });
    } catch (thrown) {
      tell({ text: messageOf(thrown), tone: "danger" });
    }
  });

  return (
    <FormProvider {...form}>
      <div className="grid items-start gap-5 *:min-w-0 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <form noValidate aria-label="Draft" className="grid gap-5 *:min-w-0" onSubmit={onSave}>
          <SpeechCard />
          <HoursCard />
          <HolidaysCard />
          <AnswersCard />
          <OwnToolsCard assistant={assistant} />
          <TransfersCard />
          <WantedFieldsCard />
          <RulesCard />
          <ModelsCard />
        </form>
        <div className="contents gap-5 *:min-w-0 lg:sticky lg:top-5 lg:grid">
          {/* Where there is one column it stays in sight, below what is edited. */}
          <Card className="grid gap-3 p-5 max-lg:sticky max-lg:bottom-3 max-lg:z-10 max-lg:order-last max-lg:shadow-xl">
            <div className="flex flex-wrap items-center gap-2">
              <Badge tone={assistant.live_version === null ? "warning" : "brand"}>
                {assistant.live_version === null ? "Not published" : `Version ${assistant.live_version} answers`}
              </Badge>
              {(isDirty || assistant.changed) && <Badge>{isDirty ? "Not saved" : "Draft differs"}</Badge>}
            </div>
            <Problem error={conflict ? null : save.error} />
            {conflict && (
              <div role="alert" className="grid gap-2 rounded-lg bg-warning-soft px-3 py-2 text-sm text-warning">
                Somebody else has saved this draft since you opened it. Copy what you need, then load theirs.
                <Button
                  size="small"
                  className="justify-self-start"
                  onClick={() => {
                    dropDraft(key);
                    location.reload();
                  }}
                >
                  Load theirs
                </Button>
              </div>
            )}
            <div className="flex flex-wrap gap-2">
              <Button busy={save.isPending} disabled={!isDirty || save.isPending} onClick={() => void onSave()}>
                Save draft
              </Button>
              <Button look="primary" busy={publish.isPending} onClick={() => void onPublish()}>
                Publish
              </Button>
            </div>
          </Card>
          <Suspense
            fallback={
              <Card className="p-5">
                <SkeletonLines lines={3} />
              </Card>
            }
          >
            <TestCall assistant={assistant.slug} stale={isDirty} />
          </Suspense>
          <VersionsCard assistant={assistant} />
          <ManageCard assistant={assistant} only={only} />
        </div>
      </div>
    </FormProvider>
  );
}

/** What the server says of one field stands there, too. Its names of fields are the form's. */
function showAtField(form: UseFormReturn<Form>, thrown: unknown): void {
  const about = thrown instanceof ApiError ? thrown.about : null;
  if (about) form.setError(about.field as FieldPath<Form>, { message: about.message }, { shouldFocus: true });
}
