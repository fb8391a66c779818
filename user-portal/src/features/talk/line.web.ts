/** What carries a call, in browsers: WebRTC, and a websocket where its packets do not get through. */

import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import { WebSocketTransport } from "@pipecat-ai/websocket-transport";
import { isConnected, RECONNECTION_ATTEMPTS, type Insides, type OpenLine } from "./lines";
import { loudness, measuresOf, SILENT } from "./measures";
import { Microphone } from "./microphone";
import { PLAYBACK_RATE_HZ, SocketAudio } from "./socketAudio";

export const openLine: OpenLine = (events) => {
  const microphone = new Microphone(events);
  const transport = new SmallWebRTCTransport({ mediaManager: microphone as never });
  const inside = transport as unknown as Insides;
  inside.maxReconnectionAttempts = RECONNECTION_ATTEMPTS;
  const voice = new Audio();
  return {
    transport,
    wants: { transport: "webrtc" },
    play(track) {
      voice.srcObject = new MediaStream([track]);
      // Refused only where nobody has touched the page, which a call begins with.
      void voice.play().catch(() => {});
    },
    speaker: (on) => void (voice.muted = !on),
    async measure() {
      const peer = inside.pc;
      return peer && measuresOf([...(await peer.getStats()).values()], isConnected(peer));
    },
    close: () => void (voice.srcObject = null),
  };
};

export const openFallback: OpenLine | null = (events) => {
  const audio = new SocketAudio(new Microphone(events));
  const transport = new WebSocketTransport({ mediaManager: audio as never });
  return {
    transport,
    wants: { transport: "websocket", playback_rate_hz: PLAYBACK_RATE_HZ },
    // The transport's audio plays as it comes.
    play() {},
    speaker: (on) => audio.speaker(on),
    async measure() {
      const connected = transport.state === "ready";
      return { ...SILENT, connected, mine: loudness(audio.mine), theirs: loudness(audio.theirs) };
    },
    close() {},
  };
};
