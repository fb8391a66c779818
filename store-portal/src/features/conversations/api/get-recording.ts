import { queryOptions } from "@tanstack/react-query";
import { authorized } from "@/lib/api/client";
import { errorOfAnswer } from "@/lib/api/errors";

// 14 MB an hour.
const DEADLINE_MS = 60_000;

/** The sound of a call, the caller on the left: Opus in Ogg. Null when it was not recorded. */
export const getRecording = (id: string) =>
  queryOptions({
    queryKey: ["recording", id],
    queryFn: async ({ signal }) => {
      const url = new URL(`/store/conversations/${id}/recording`, location.origin);
      const response = await authorized(new Request(url, { signal }), DEADLINE_MS);
      if (response.status === 404) return null;
      if (!response.ok) throw errorOfAnswer(response, await response.json().catch(() => null));
      return response.blob();
    },
    // It never changes.
    staleTime: Infinity,
  });
