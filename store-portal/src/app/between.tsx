import { Link, useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Button } from "@/components/ui/button";
import { SkeletonLines } from "@/components/ui/skeleton";
import { Empty, Failed } from "@/components/ui/states";

/** While a screen, or the answer whether one is signed in, is on its way; both have deadlines. */
export function Loading() {
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-10 sm:px-8">
      <SkeletonLines />
    </div>
  );
}

/** In place of a screen that threw. */
export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className="grid min-h-60 place-items-center">
      <Failed
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}

export function Nowhere() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <title>Nothing here · Storeline</title>
      <Empty icon={Compass} title="There is nothing here">
        <Button asChild>
          <Link to="/">To the portal</Link>
        </Button>
      </Empty>
    </main>
  );
}
