import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useEffect, useImperativeHandle, useRef, useState, type Ref } from "react";
import type WaveSurfer from "wavesurfer.js";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/field";
import { Skeleton } from "@/components/ui/skeleton";
import { Failed } from "@/components/ui/states";
import { formatDuration } from "@/lib/time";
import { getRecording } from "../api/get-recording";
import { openWaveform } from "./waveform";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

export interface Playing {
  playFrom: (seconds: number) => void;
}

interface PlayerProps {
  ref: Ref<Playing>;
  id: string;
  /** Tells where it is, in seconds. */
  onTime: (seconds: number) => void;
}

/** The recording of a call: both sides as waveforms, the caller above. Nothing when it was not recorded. */
export function Player({ ref, id, onTime }: PlayerProps) {
  const query = useQuery(getRecording(id));
  if (query.isPending) return <Skeleton className="h-40 rounded-2xl" />;
  if (query.isError) {
    return (
      <Card>
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  return query.data && <Recording ref={ref} sound={query.data} onTime={onTime} />;
}

function Recording({ ref, sound, onTime }: Omit<PlayerProps, "id"> & { sound: Blob }) {
  const box = useRef<HTMLDivElement>(null);
  const waves = useRef<WaveSurfer>(null);
  const [isPlaying, setIsPlaying] = useState(false);
  const [isBad, setIsBad] = useState(false);
  const [atS, setAtS] = useState(0);
  const [lengthS, setLengthS] = useState(0);

  useEffect(() => {
    if (!box.current) return;
    const opened = openWaveform(box.current);
    waves.current = opened;
    opened.on("play", () => {
      setIsPlaying(true);
    });
    opened.on("pause", () => {
      setIsPlaying(false);
    });
    opened.on("ready", setLengthS);
    opened.on("timeupdate", (seconds) => {
      setAtS(seconds);
      onTime(seconds);
    });
    opened.loadBlob(sound).catch((thrown: unknown) => {
      // Taken down before it was read.
      if (!(thrown instanceof DOMException && thrown.name === "AbortError")) setIsBad(true);
    });
    return () => {
      opened.destroy();
    };
  }, [sound, onTime]);

  useImperativeHandle(
    ref,
    () => ({
      playFrom: (seconds) => {
        waves.current?.setTime(seconds);
        void waves.current?.play();
      },
    }),
    [],
  );

  return (
    <Card className="p-4">
      {isBad && <p className="pb-3 text-sm text-danger">This browser cannot play the recording.</p>}
      <div className="flex gap-3">
        <div aria-hidden className="grid content-around text-right text-xs text-muted">
          <span className="text-caller">Caller</span>
          <span className="text-brand">Assistant</span>
        </div>
        <div ref={box} className="min-w-0 flex-1" />
      </div>
      <div className="mt-3 flex items-center gap-3">
        <Button
          look="primary"
          size="icon"
          aria-label={isPlaying ? "Pause" : "Play"}
          className="rounded-full"
          onClick={() => void waves.current?.playPause()}
        >
          {isPlaying ? <Pause aria-hidden /> : <Play aria-hidden />}
        </Button>
        <span className="text-sm text-muted tabular-nums">
          {formatDuration(atS)} / {formatDuration(lengthS)}
        </span>
        <Select
          aria-label="Speed"
          className="ml-auto h-8"
          defaultValue="1"
          onChange={({ target }) => waves.current?.setPlaybackRate(Number(target.value), true)}
        >
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </Select>
      </div>
    </Card>
  );
}
