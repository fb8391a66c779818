import { mediaDevices } from "@daily-co/react-native-webrtc";

/** The device's microphones, in the form that browsers give them. */
export const devices = mediaDevices as unknown as MediaDevices;
