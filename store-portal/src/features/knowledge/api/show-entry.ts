import { queryOptions } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

export const showEntry = (id: string) =>
  queryOptions({
    queryKey: ["entries", "one", id],
    queryFn: ({ signal }) => wanted(api.GET("/store/knowledge/entries/{id}", { params: { path: { id } }, signal })),
  });
