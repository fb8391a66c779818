/** One's own conversations over the API. */

import { wanted, type Schemas } from "@/lib/api/client";
import { ORIGIN } from "@/lib/api/origin";
import { api, session } from "@/lib/session";

export type Conversation = Schemas["ConversationShown"];
export type ConversationWithTurns = Schemas["ConversationWithTurns"];
export type Turn = Schemas["TurnShown"];

/** GET /user/conversations, a part of it, newest first; with `words` those in which they were said. */
export const conversations = (words: string, before: string | null) =>
  wanted(
    api.GET("/user/conversations", { params: { query: { ...(words && { q: words }), ...(before && { before }) } } }),
  );

/** GET /user/conversations/{id} */
export const conversation = (id: string) => wanted(api.GET("/user/conversations/{id}", { params: { path: { id } } }));

/** DELETE /user/conversations/{id} */
export const deleteConversation = (id: string) =>
  wanted(api.DELETE("/user/conversations/{id}", { params: { path: { id } } }));

/** GET /user/conversations/{id}/recording: whether there is one. */
export async function isRecorded(id: string): Promise<boolean> {
  const answer = await fetch(recordingUrl(id), { method: "HEAD", headers: await bearer() });
  return answer.ok;
}

/** GET /user/conversations/{id}/recording, for a player that asks for it itself. */
export async function recordingSource(id: string): Promise<{ uri: string; headers: Record<string, string> }> {
  return { uri: recordingUrl(id), headers: await bearer() };
}

const recordingUrl = (id: string) => `${ORIGIN}/user/conversations/${id}/recording`;
const bearer = async () => ({ Authorization: `Bearer ${await session.access()}` });
