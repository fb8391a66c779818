/** What carries a call, in browsers: WebRTC. */

import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";
import { isConnected, RECONNECTION_ATTEMPTS, type Insides, type OpenLine } from "./lines";
import { measuresOf } from "./measures";
import { Microphone } from "./microphone";

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
