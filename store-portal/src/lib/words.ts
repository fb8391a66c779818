/** How people reach an assistant. */
export const CHANNELS: Record<string, string> = {
  daily: "Daily room",
  phone: "Phone",
  webrtc: "App or browser",
  websocket: "Websocket",
  widget: "Your website",
};

const END_REASONS: Record<string, string> = {
  caller_left: "They hung up",
  said_goodbye: "The assistant said goodbye",
  transferred: "Handed over",
  idle: "Nobody spoke any more",
  time_limit: "It lasted as long as it may",
  store_minutes_used: "The day's minutes were used up",
  closed: "Outside opening hours",
  connection_lost: "The connection was lost",
  shutting_down: "The server was stopped",
  not_connected: "It was not answered",
  ended_by_store: "You hung up",
  carrier_ended: "The line was closed",
  carrier_failed: "The network did not take it",
  left_behind: "The connection was lost",
  machine: "A machine answered",
  busy: "The line was busy",
  no_answer: "Nobody answered",
  turned_away: "Every line was taken",
  voicemail: "Left a voicemail",
};

/** A name of the server's, in words. Names that are newer than this portal are shown as they are. */
export function worded(names: Record<string, string>, name: string): string {
  return names[name] ?? name.replaceAll("_", " ");
}

/** Why a conversation or a telephone call has ended. */
export const endReason = (name: string) => worded(END_REASONS, name);
