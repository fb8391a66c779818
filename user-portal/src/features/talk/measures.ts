/** What the connection tells of itself: https://www.w3.org/TR/webrtc-stats/ */

export interface Measures {
  /** How loud both sides are, from 0 to 1. */
  mine: number;
  theirs: number;
  rttMs: number | null;
  /** Share of the assistant's packets that did not arrive. */
  lost: number;
  jitterMs: number | null;
  connected: boolean;
}

export type Quality = "good" | "fair" | "poor";

export const SILENT: Measures = { mine: 0, theirs: 0, rttMs: null, lost: 0, jitterMs: null, connected: false };

interface Report {
  type: string;
  kind?: string;
  audioLevel?: number;
  packetsLost?: number;
  packetsReceived?: number;
  jitter?: number;
  nominated?: boolean;
  currentRoundTripTime?: number;
}

export function measuresOf(reports: Iterable<Report>, connected: boolean): Measures {
  const measured = { ...SILENT, connected };
  for (const report of reports) {
    if (report.type === "media-source" && report.kind === "audio") measured.mine = loudness(report.audioLevel);
    if (report.type === "candidate-pair" && report.nominated && report.currentRoundTripTime !== undefined) {
      measured.rttMs = Math.round(report.currentRoundTripTime * 1000);
    }
    if (report.type === "inbound-rtp" && report.kind === "audio") {
      const { packetsLost: gone = 0, packetsReceived: came = 0 } = report;
      measured.theirs = loudness(report.audioLevel);
      measured.lost = came > 0 ? Math.max(0, gone) / (gone + came) : 0;
      measured.jitterMs = report.jitter === undefined ? null : Math.round(report.jitter * 1000);
    }
  }
  return measured;
}

/** Levels are linear, and ears are not. */
export const loudness = (level = 0) => Math.min(1, Math.sqrt(level) * 1.4);

/** Half a second there and back, or one packet in ten lost, is where a conversation becomes tiring (ITU-T G.114). */
export function qualityOf({ connected, rttMs, lost }: Measures): Quality {
  if (!connected || lost > 0.1 || (rttMs ?? 0) > 500) return "poor";
  return lost > 0.03 || (rttMs ?? 0) > 200 ? "fair" : "good";
}
