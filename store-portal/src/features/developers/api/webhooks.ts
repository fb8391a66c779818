import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Webhook = Schema<"WebhookShown">;
export type Delivery = Schema<"DeliveryShown">;
export type WebhookEvent = Schema<"Event">;

export const EVENTS: { event: WebhookEvent; label: string }[] = [
  { event: "call.started", label: "A call starts" },
  { event: "call.ended", label: "A call has ended" },
  { event: "message.taken", label: "A message was taken" },
];

export const newWebhook = z.object({
  url: z.url("Give an address that begins with https://."),
  events: z.array(z.enum(EVENTS.map(({ event }) => event) as [WebhookEvent, ...WebhookEvent[]])).min(1, "Choose one."),
});

export const listWebhooks = () =>
  queryOptions({
    queryKey: ["webhooks"],
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/webhooks", { signal }))).webhooks,
  });

/** What an endpoint was told, newest first. */
export const listDeliveries = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", id, "deliveries"],
    queryFn: ({ pageParam, signal }) =>
      wanted(
        api.GET("/store/webhooks/{id}/deliveries", {
          params: { path: { id }, query: { limit: 20, ...(pageParam && { before: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_before,
    refetchInterval: 5_000,
  });

function useChange<Variables>(mutationFn: (variables: Variables) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => queries.invalidateQueries({ queryKey: ["webhooks"] }) });
}

export const useAddWebhook = () =>
  useChange((body: z.infer<typeof newWebhook>) => wanted(api.POST("/store/webhooks", { body })));

export const useDeleteWebhook = () =>
  useChange((id: string) => wanted(api.DELETE("/store/webhooks/{id}", { params: { path: { id } } })));

/** Tell an endpoint again that was given up. */
export const useEnableWebhook = () =>
  useChange((id: string) => wanted(api.POST("/store/webhooks/{id}/enable", { params: { path: { id } } })));

/** Deliver an event once more. */
export const useReplay = () =>
  useChange((id: string) => wanted(api.POST("/store/webhook-deliveries/{id}/replay", { params: { path: { id } } })));
