import { getRouteApi } from "@tanstack/react-router";
import { FileUp, Plus } from "lucide-react";
import { useState } from "react";
import { Page } from "@/components/page";
import { SearchBox } from "@/components/search-box";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { AskCard } from "./ask-card";
import { EntryDialog } from "./entry-dialog";
import { EntryList } from "./entry-list";
import { ImportDialog } from "./import-dialog";
import { UnansweredCard } from "./unanswered-card";

const route = getRouteApi("/inside/knowledge");

/** What the assistant knows; the entry that is open stands in the address. */
export default function KnowledgeScreen() {
  const { q, entry, question } = route.useSearch();
  const navigate = route.useNavigate();
  const [importing, setImporting] = useState(false);
  const show = (search: { q?: string | undefined; entry?: string; question?: string }, replace = false) =>
    void navigate({ to: "/knowledge", search: { ...(q && { q }), ...search }, replace });
  const open = (id: string) => {
    show({ entry: id });
  };
  return (
    <Page
      title="Knowledge"
      about="What your assistant knows and says."
      actions={
        <>
          <Button
            onClick={() => {
              setImporting(true);
            }}
          >
            <FileUp aria-hidden />
            Import
          </Button>
          <Button
            look="primary"
            onClick={() => {
              open("new");
            }}
          >
            <Plus aria-hidden />
            New entry
          </Button>
        </>
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <Card className="order-last overflow-hidden lg:order-none">
          <SearchBox
            label="Search entries"
            sought={q ?? ""}
            maxLength={100}
            className="border-b p-3 [&_svg]:top-5.5 [&_svg]:left-6"
            onSearch={(sought) => {
              show({ q: sought || undefined }, true);
            }}
          />
          <EntryList sought={q ?? ""} onOpen={open} />
        </Card>
        <div className="grid gap-5">
          <AskCard onOpen={open} />
          <UnansweredCard
            onAnswer={(asked) => {
              show({ entry: "new", question: asked });
            }}
          />
        </div>
      </div>
      {entry && (
        <EntryDialog
          key={entry}
          id={entry}
          question={question}
          onClose={() => {
            show({});
          }}
        />
      )}
      {importing && (
        <ImportDialog
          onClose={() => {
            setImporting(false);
          }}
        />
      )}
    </Page>
  );
}
