import { Page } from "@/components/page";
import { AccountCard } from "./account-card";
import { AuditCard } from "./audit-card";
import { PasswordCard } from "./password-card";
import { SecondFactorsCard } from "./second-factors-card";
import { SessionsCard } from "./sessions-card";

/** Who may come in, and who came. */
export default function SecurityScreen() {
  return (
    <Page title="Security" about="Who may come in, and who did.">
      <div className="grid items-start gap-5 xl:grid-cols-2">
        <div className="grid gap-5">
          <SecondFactorsCard />
          <PasswordCard />
          <AccountCard />
        </div>
        <div className="grid gap-5">
          <SessionsCard />
          <AuditCard />
        </div>
      </div>
    </Page>
  );
}
