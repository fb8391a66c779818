/** What carries a call, on devices: WebRTC, with the audio session that phone calls have. */

import { NativeModules } from "react-native";
import { RNSmallWebRTCTransport } from "@pipecat-ai/react-native-small-webrtc-transport";
import type { Transport } from "@pipecat-ai/client-js";
import { isConnected, RECONNECTION_ATTEMPTS, type Insides, type OpenLine } from "./lines";
import { measuresOf } from "./measures";
import { Microphone } from "./microphone";

/** Of @daily-co/react-native-webrtc: who hears what, and whether other apps' sound is lowered. */
interface AudioSession {
  setDailyAudioMode(mode: "video" | "voice" | "idle"): void;
}

export const openLine: OpenLine = (events) => {
  const microphone = new Microphone(events);
  const transport = new RNSmallWebRTCTransport({ mediaManager: microphone as never });
  const inside = transport as unknown as Insides;
  inside.maxReconnectionAttempts = RECONNECTION_ATTEMPTS;
  const session = NativeModules.WebRTCModule as AudioSession;
  return {
    transport: transport as unknown as Transport,
    wants: { transport: "webrtc" },
    // A device plays what arrives.
    play: () => {},
    // "video" is a call on the loudspeaker, "voice" one at the ear; a headset goes before both.
    speaker: (on) => session.setDailyAudioMode(on ? "video" : "voice"),
    async measure() {
      const peer = inside.pc;
      if (!peer) return null;
      const reports = await peer.getStats();
      return measuresOf([...(reports as Map<string, never>).values()], isConnected(peer));
    },
    close: () => session.setDailyAudioMode("idle"),
  };
};

/** Pipecat has no websocket transport for React Native. */
export const openFallback: OpenLine | null = null;
