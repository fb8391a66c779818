import { useMutation } from "@tanstack/react-query";
import { api, wanted } from "@/lib/api/client";

/** Tell the assistant what to do with its next answer; the caller hears nothing of it. */
export const useWhisper = (id: string) =>
  useMutation({
    mutationFn: (text: string) =>
      wanted(api.POST("/store/live/{id}/whisper", { params: { path: { id } }, body: { text } })),
  });

/** Put a caller on hold, or give them back to the assistant. */
export const useHold = (id: string) =>
  useMutation({
    mutationFn: (action: "hold" | "resume") =>
      wanted(api.POST(`/store/live/{id}/${action}`, { params: { path: { id } } })),
  });

/** Have the assistant say goodbye, and hang up. */
export const useEnd = (id: string) =>
  useMutation({ mutationFn: () => wanted(api.POST("/store/live/{id}/end", { params: { path: { id } } })) });

/** The address of a socket on which one listens in, and its ticket. Throws ApiError. */
export const askToListen = (id: string) => wanted(api.POST("/store/live/{id}/listen", { params: { path: { id } } }));
