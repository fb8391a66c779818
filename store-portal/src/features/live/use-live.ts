import { useEffect, useState } from "react";
import { ApiError } from "@/lib/api/errors";
import { session } from "@/lib/api/session";
import { getTurns } from "./api/get-turns";
import { liveEvents } from "./api/live-events";
import { after, withTurns, type Live } from "./live-state";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/** The conversations that go on. When the stream breaks it is opened anew; `error` says why there is none now. */
export function useLive(): { live: Live; error: unknown } {
  const [live, setLive] = useState<Live>(null);
  const [error, setError] = useState<unknown>(null);

  useEffect(() => {
    const leaving = new AbortController();
    void watch(leaving.signal, { change: setLive, fail: setError });
    return () => {
      leaving.abort();
    };
  }, []);

  return { live, error };
}

interface Watching {
  change: (step: (live: Live) => Live) => void;
  fail: (error: unknown) => void;
}

async function watch(signal: AbortSignal, { change, fail }: Watching): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  const left = () => signal.aborted;
  while (!left()) {
    const known = new Set<string>();
    try {
      for await (const event of liveEvents(signal)) {
        pauseMs = FIRST_PAUSE_MS;
        fail(null);
        change((live) => after(live, event));
        if (event.type === "closing" && event.reason === "token_expired") await session.refresh(session.token);
        if (event.type !== "conversations") continue;
        for (const { id } of event.conversations) {
          if (!known.has(id)) void catchUp(id, signal, change);
          known.add(id);
        }
      }
    } catch (thrown) {
      if (left()) return;
      fail(thrown);
      if (thrown instanceof ApiError && thrown.status === 401) return;
    }
    await pause(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

async function catchUp(id: string, signal: AbortSignal, change: Watching["change"]): Promise<void> {
  try {
    const turns = await getTurns(id, signal);
    change((live) => withTurns(live, id, turns));
  } catch {
    // What is said from now on comes all the same.
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
