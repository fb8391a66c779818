/** What Pipecat's transports ask of media, and a voice line has none of. */
export class VoiceOnly {
  readonly supportsScreenShare = false;
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
  readonly selectedMic = {};
  readonly selectedCam = {};
  readonly selectedSpeaker = {};
  enableCam(): void {}
  enableScreenShare(): void {}
  updateMic(): void {}
  updateCam(): void {}
  updateSpeaker(): void {}
  getAllMics = async (): Promise<MediaDeviceInfo[]> => [];
  getAllCams = async (): Promise<MediaDeviceInfo[]> => [];
  getAllSpeakers = async (): Promise<MediaDeviceInfo[]> => [];
}
