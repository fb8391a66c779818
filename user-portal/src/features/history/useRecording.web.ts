import { useEffect, useState } from "react";
import { recordingSource } from "./api";

/** What a browser's player plays: it sends no headers, so the recording is fetched and played from memory. */
export function useRecording(id: string): { uri: string } | null {
  const [uri, setUri] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    const stopping = new AbortController();
    void (async () => {
      const { uri: url, headers } = await recordingSource(id);
      const answer = await fetch(url, { headers, signal: stopping.signal });
      made = URL.createObjectURL(await answer.blob());
      setUri(made);
    })().catch(() => {});
    return () => {
      stopping.abort();
      if (made) URL.revokeObjectURL(made);
    };
  }, [id]);
  return uri ? { uri } : null;
}
