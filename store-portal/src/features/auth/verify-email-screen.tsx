import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { SkeletonLines } from "@/components/ui/skeleton";
import { messageOf } from "@/lib/api/errors";
import { verifyEmail } from "./api/verify-email";
import { Frame, Ways } from "./frame";
import { useMailedToken } from "./mailed-token";

export default function VerifyEmailScreen() {
  const token = useMailedToken();
  const { data, error } = useQuery({ ...verifyEmail(token ?? ""), enabled: token !== null });
  if (!token) return <Told title="This link is not whole" about="Open it from the mail again." />;
  if (error) return <Told title="This did not work" about={messageOf(error)} />;
  if (data) return <Told title="Your address is confirmed" about="Mail about your account goes there from now on." />;
  return (
    <Frame title="Confirming your address">
      <SkeletonLines lines={2} />
    </Frame>
  );
}

function Told({ title, about }: { title: string; about: string }) {
  return (
    <Frame title={title} about={about}>
      <Ways>
        <Link to="/">To the portal</Link>
      </Ways>
    </Frame>
  );
}
