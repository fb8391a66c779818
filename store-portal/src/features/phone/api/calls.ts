import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Call = Schema<"CallShown">;

const PAGE = 30;
const spoken = z.string().trim().max(300, "At most 300 characters.");

/** Whom to call. Empty texts stand for what the assistant and the number have anyway. */
export const callForm = z.object({
  to: z
    .string()
    .trim()
    .regex(/^\+[0-9 ().-]{2,31}$/, "Write it in full, with the country: +1 415 555 0123."),
  from_number: z.string(),
  assistant: z.string(),
  greeting: spoken,
  voicemail: spoken,
});

export type CallForm = z.infer<typeof callForm>;

/** The store's calls, newest first, a page at a time. */
export const listCalls = () =>
  infiniteQueryOptions({
    queryKey: ["phone", "calls"],
    queryFn: ({ pageParam, signal }) =>
      wanted(
        api.GET("/store/phone/calls", {
          params: { query: { limit: PAGE, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_before,
    refetchInterval: 5_000,
  });

function useChange<Variables>(mutationFn: (variables: Variables) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => queries.invalidateQueries({ queryKey: ["phone"] }) });
}

/** Have somebody called, who then talks to the assistant. */
export const useDial = () =>
  useChange(({ to, from_number, assistant, greeting, voicemail }: CallForm) =>
    wanted(
      api.POST("/store/phone/calls", {
        body: {
          to,
          from_number,
          assistant: assistant || null,
          greeting: greeting || null,
          voicemail: voicemail || null,
        },
      }),
    ),
  );

/** Hang up, whoever called whom. */
export const useHangUp = () =>
  useChange((id: string) => wanted(api.POST("/store/phone/calls/{id}/end", { params: { path: { id } } })));
