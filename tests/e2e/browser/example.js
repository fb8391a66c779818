import { PipecatClient } from "@pipecat-ai/client-js";
import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import { WavMediaManager, WebSocketTransport } from "@pipecat-ai/websocket-transport";

/**
 * @typedef {{endpoint: string, accessToken: string, about: {transport: "websocket" | "webrtc"} & Record<string, string>,
 *   callbacks: import("@pipecat-ai/client-js").RTVIEventCallbacks}} Call
 * @param {Call} call `about` is the body of …/voice/start, such as { store: "marlow-garden", transport: "webrtc" }
 */
export async function talk({ endpoint, accessToken, about, callbacks }) {
  // Without one, both transports load another media manager from a company's network.
  const mediaManager = new WavMediaManager(512, 16_000);
  const Transport = { webrtc: SmallWebRTCTransport, websocket: WebSocketTransport }[about.transport];
  const client = new PipecatClient({ transport: new Transport({ mediaManager }), callbacks });
  const headers = new Headers({ Authorization: `Bearer ${accessToken}` });
  // The websocket transport plays at 24 kHz, whatever comes.
  await client.startBotAndConnect({ endpoint, headers, requestData: { ...about, playback_rate_hz: 24_000 } });
  return client;
}
