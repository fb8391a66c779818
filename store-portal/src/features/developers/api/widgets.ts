import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted, type Schema } from "@/lib/api/client";

export type Widget = Schema<"WidgetShown">;

const origin = z.url().refine((text) => new URL(text).origin === text);

/** `origins`: one a line, as people write them. */
export const widgetForm = z.object({
  name: z.string().trim().min(1, "Give it a name.").max(80),
  origins: z.string().refine((text) => z.array(origin).min(1).safeParse(lines(text)).success, {
    error: "One address a line, without a path: https://www.your-store.com",
  }),
});

export const lines = (text: string) => text.split(/\s+/).filter(Boolean);

export const listWidgets = () =>
  queryOptions({
    queryKey: ["widgets"],
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/widgets", { signal }))).widgets,
  });

export function useMakeWidget() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, origins }: z.infer<typeof widgetForm>) =>
      wanted(api.POST("/store/widgets", { body: { name, origins: lines(origins), assistant: null } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["widgets"] }),
  });
}

export function useDeleteWidget() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => wanted(api.DELETE("/store/widgets/{id}", { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["widgets"] }),
  });
}
