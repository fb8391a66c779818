import WaveSurfer from "wavesurfer.js";

const SIDE_PX = 44;

/** An empty waveform of two sides, the caller above. It has a style element of its own, hence the page's nonce. */
export function openWaveform(container: HTMLElement): WaveSurfer {
  const colours = getComputedStyle(document.documentElement);
  const side = (name: string) => ({
    waveColor: colours.getPropertyValue(name),
    progressColor: colours.getPropertyValue("--ink"),
  });
  return WaveSurfer.create({
    container,
    height: SIDE_PX,
    barWidth: 2,
    barGap: 1,
    barRadius: 2,
    cursorWidth: 2,
    cursorColor: colours.getPropertyValue("--brand"),
    normalize: true,
    splitChannels: [side("--caller"), side("--brand")],
    cspNonce: document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "",
  });
}
