import { useQuery } from "@tanstack/react-query";
import { recordingSource } from "./api";

/** What a device's player plays: it asks the API itself, so that long recordings begin at once. */
export function useRecording(id: string): { uri: string; headers: Record<string, string> } | null {
  return useQuery({ queryKey: ["recording", id], queryFn: () => recordingSource(id), gcTime: 0 }).data ?? null;
}
