import { api, wanted, type Schema } from "@/lib/api/client";

export type Turn = Schema<"TurnShown">;

/** What was said in a conversation so far. Throws ApiError. */
export async function getTurns(id: string, signal: AbortSignal): Promise<Turn[]> {
  const path = { id };
  const { turns } = await wanted(api.GET("/store/conversations/{id}", { params: { path }, signal }));
  return turns;
}
