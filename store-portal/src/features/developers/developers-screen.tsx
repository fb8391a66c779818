import { ExternalLink } from "lucide-react";
import { Page } from "@/components/page";
import { Button } from "@/components/ui/button";
import { ApiKeysCard } from "./api-keys-card";
import { WebhooksCard } from "./webhooks-card";
import { WidgetsCard } from "./widgets-card";

/** How a store's own programs and pages get at its line. */
export default function DevelopersScreen() {
  return (
    <Page
      title="Developers"
      about="Your own programs, and your own pages."
      actions={
        <Button asChild>
          <a href="/docs">
            <ExternalLink aria-hidden />
            API reference
          </a>
        </Button>
      }
    >
      <div className="grid gap-5 *:min-w-0">
        <WidgetsCard />
        <ApiKeysCard />
        <WebhooksCard />
      </div>
    </Page>
  );
}
