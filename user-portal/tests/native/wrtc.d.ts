/** What we use of it; the package brings no types. https://github.com/WonderInventions/node-webrtc/tree/develop/docs */
declare module "@roamhq/wrtc" {
  interface Heard {
    samples: Int16Array;
    sampleRate: number;
    bitsPerSample: 16;
    channelCount: number;
    numberOfFrames: number;
  }
  interface AudioSource {
    createTrack(): MediaStreamTrack;
    /** 10 ms. */
    onData(heard: Heard): void;
  }
  interface AudioSink {
    ondata: (heard: Heard) => void;
    stop(): void;
  }
  const wrtc: {
    RTCPeerConnection: typeof RTCPeerConnection;
    MediaStream: typeof MediaStream;
    nonstandard: { RTCAudioSource: new () => AudioSource; RTCAudioSink: new (track: MediaStreamTrack) => AudioSink };
  };
  export default wrtc;
}
