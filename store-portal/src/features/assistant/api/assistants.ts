import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Assistant = Schema<"AssistantShown">;
export type Content = Schema<"AssistantContent">;
export type Version = Schema<"VersionShown">;
export type DayName = keyof Schema<"Week">;

const KEY = "assistants";

export const listAssistants = () =>
  queryOptions({
    queryKey: [KEY],
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/assistants", { signal }))).assistants,
    // A form stands on it: it changes when it is saved, and not while it is filled in.
    staleTime: Infinity,
  });

/** What was published, newest first. */
export const listVersions = (id: string) =>
  infiniteQueryOptions({
    queryKey: [KEY, id, "versions"],
    queryFn: ({ pageParam, signal }) =>
      wanted(
        api.GET("/store/assistants/{id}/versions", {
          params: { path: { id }, query: { limit: 20, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_before,
  });

function useChange<Variables, Answer>(mutationFn: (variables: Variables) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: [KEY] }) });
}

export const useMakeAssistant = () =>
  useChange((draft: Content) => wanted(api.POST("/store/assistants", { body: { slug: null, draft } })));

/** Save the draft over the revision that was read. Refused with `draft_changed` when that is no longer the newest. */
export const useSaveDraft = (id: string) =>
  useChange(({ revision, draft }: { revision: number; draft: Content }) =>
    wanted(api.PATCH("/store/assistants/{id}/draft", { params: { path: { id } }, body: { ...draft, revision } })),
  );

export const usePublish = (id: string) =>
  useChange((revision: number) =>
    wanted(api.POST("/store/assistants/{id}/publish", { params: { path: { id } }, body: { revision } })),
  );

export const useRestore = (id: string) =>
  useChange((version: number) =>
    wanted(api.POST("/store/assistants/{id}/restore", { params: { path: { id } }, body: { version } })),
  );

export const useMakeDefault = (id: string) =>
  useChange(() => wanted(api.POST("/store/assistants/{id}/default", { params: { path: { id } } })));

export const useDeleteAssistant = (id: string) =>
  useChange(() => wanted(api.DELETE("/store/assistants/{id}", { params: { path: { id } } })));
