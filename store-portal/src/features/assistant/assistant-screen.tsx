import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Bot, Plus } from "lucide-react";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/field";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";
import { useTell } from "@/components/ui/tell";
import { messageOf } from "@/lib/api/errors";
import { listAssistants, useMakeAssistant, type Content } from "./api/assistants";
import { Editor } from "./editor";

const route = getRouteApi("/inside/assistant");

/** Set up who answers, and try it. */
export default function AssistantScreen() {
  const { id } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useQuery(listAssistants());
  const make = useMakeAssistant();
  const tell = useTell();
  const assistants = query.data ?? [];
  const shown = assistants.find((assistant) => assistant.id === id) ?? assistants[0];

  const choose = (chosen: string) => void navigate({ search: { id: chosen } });
  const add = () => {
    make.mutate(fresh(assistants.length), {
      onSuccess: (made) => {
        choose(made.id);
      },
      onError: (error) => {
        tell({ text: messageOf(error), tone: "danger" });
      },
    });
  };

  return (
    <Page
      title="Assistant"
      about="Who answers your line. Callers hear what is published; the draft is yours to try."
      actions={
        <>
          {assistants.length > 1 && shown && (
            <Select
              aria-label="Which assistant"
              value={shown.id}
              onChange={(event) => {
                choose(event.target.value);
              }}
            >
              {assistants.map((each) => (
                <option key={each.id} value={each.id}>
                  {each.draft.name} ({each.slug}){each.default ? ", default" : ""}
                </option>
              ))}
            </Select>
          )}
          <Button busy={make.isPending} onClick={add}>
            <Plus aria-hidden />
            New assistant
          </Button>
        </>
      }
    >
      {query.isPending ? (
        <Card className="p-6">
          <SkeletonLines lines={8} />
        </Card>
      ) : query.isError ? (
        <Card>
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        </Card>
      ) : shown ? (
        <Editor key={shown.id} assistant={shown} only={assistants.length === 1} />
      ) : (
        <Card>
          <Empty icon={Bot} title="Nobody answers yet">
            Make an assistant, say how it greets and when you are open, and try it here before anybody else hears it.
            <Button look="primary" busy={make.isPending} onClick={add}>
              Make an assistant
            </Button>
          </Empty>
        </Card>
      )}
    </Page>
  );
}

/** Something that works, for the store to make its own. */
function fresh(others: number): Content {
  const day = [{ opens: "09:00", closes: "18:00" }];
  return {
    name: others === 0 ? "Ivy" : `Ivy ${others + 1}`,
    greeting: "Hello! How can I help?",
    persona: "",
    instructions: "",
    language: "en",
    turn_profile: "normal",
    models: { stt: null, llm: null, llm_model: null, tts: null, voice: null, speaking_rate: 1 },
    tools: ["lookup_knowledge", "opening_hours", "take_message", "transfer_call", "end_conversation"],
    own_tools: [],
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    hours: { monday: day, tuesday: day, wednesday: day, thursday: day, friday: day, saturday: [], sunday: [] },
    holidays: [],
    after_hours: "answer",
    max_minutes: null,
    open_to_users: true,
    open_to_callers: true,
    transfer_to: [],
    fields: [],
  };
}
