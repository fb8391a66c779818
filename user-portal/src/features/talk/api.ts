/** POST /user/voice/start, and the messages that the server sends besides RTVI; the main README lists them. */

import { wanted, type Schemas } from "@/lib/api/client";
import { api } from "@/lib/session";

export type Started = Schemas["Started"];
export type Start = Partial<Schemas["Start"]> & Pick<Schemas["Start"], "store">;

export const start = (wants: Start): Promise<Started> =>
  wanted(api.POST("/user/voice/start", { body: wants as Schemas["Start"] }));

export type ServerMessage =
  | { type: "resume-token" | "resume-now"; token: string; within_s: number }
  | { type: "token-expiring"; seconds_left: number }
  | { type: "ending-soon"; seconds_left: number }
  | { type: "session-ended"; code: number; reason: string }
  | { type: "turn-latency"; answered_by: string; latency_ms: Record<string, number | null> };
