import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import * as z from "zod";
import { api, wanted, type Schema } from "@/lib/api/client";

export type ApiKey = Schema<"ApiKeyShown">;
export type Scope = Schema<"Scope">;

export const SCOPES: { scope: Scope; label: string }[] = [
  { scope: "conversations:read", label: "Read conversations" },
  { scope: "conversations:write", label: "Delete conversations" },
  { scope: "messages:read", label: "Read messages" },
  { scope: "messages:write", label: "Change messages" },
  { scope: "knowledge:read", label: "Read knowledge" },
  { scope: "knowledge:write", label: "Change knowledge" },
  { scope: "assistants:read", label: "Read assistants" },
  { scope: "assistants:write", label: "Change assistants" },
  { scope: "webhooks:write", label: "Manage webhooks" },
  { scope: "phone:read", label: "Read calls" },
  { scope: "phone:write", label: "Make calls" },
];

export const newApiKey = z.object({
  name: z.string().trim().min(1, "Give it a name, so that you know it again.").max(80),
  scopes: z.array(z.enum(SCOPES.map(({ scope }) => scope) as [Scope, ...Scope[]])).min(1, "Choose at least one."),
});

export const listApiKeys = () =>
  queryOptions({
    queryKey: ["api-keys"],
    queryFn: async ({ signal }) => (await wanted(api.GET("/store/api-keys", { signal }))).api_keys,
  });

/** Make a key; its answer is the only one that holds it. */
export function useMakeApiKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof newApiKey>) =>
      wanted(api.POST("/store/api-keys", { body: { ...body, expires_in_days: null } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["api-keys"] }),
  });
}

export function useRevokeApiKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => wanted(api.DELETE("/store/api-keys/{id}", { params: { path: { id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ["api-keys"] }),
  });
}
