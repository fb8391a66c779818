import { useMutation } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** What would be said to a question, and from which entries. */
export const ask = (question: string) => wanted(api.POST("/store/knowledge/ask", { body: { question } }));

export const useAsk = () => useMutation({ mutationFn: ask });
