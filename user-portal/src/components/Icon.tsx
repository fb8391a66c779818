import Svg, { Path } from "react-native-svg";
import { RIGHT_TO_LEFT } from "@/lib/direction";

/** Outlines on a 24 × 24 grid. */
const PATHS = {
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  store: "M4 10v9h16v-9M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0zM10 19v-5h4v5",
  history: "M12 7v5l3.5 2M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  mic: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 1 0-7 0v5A3.5 3.5 0 0 0 12 15zM5 11.5a7 7 0 0 0 14 0M12 18.5V22",
  micOff:
    "M4 3l16 18M9 5a3.5 3.5 0 0 1 6.5 1.5v5M8.5 10v1.5a3.5 3.5 0 0 0 5 3.2M5 11.5a7 7 0 0 0 10.8 5.9M19 11.5a7 7 0 0 1-.6 2.8M12 18.5V22",
  speaker: "M4 9.5v5h3.5L12 19V5L7.5 9.5H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
  quiet: "M4 9.5v5h3.5L12 19V5L7.5 9.5H4zM16 9.5l5 5M21 9.5l-5 5",
  end: "M3 14.5c0-1 .3-1.7 1-2.3C6 10.5 9 9.5 12 9.5s6 1 8 2.7c.7.6 1 1.3 1 2.3v1.5a1 1 0 0 1-1.2 1l-3-.6a1 1 0 0 1-.8-1v-1.9c-1.2-.5-2.6-.8-4-.8s-2.8.3-4 .8v1.9a1 1 0 0 1-.8 1l-3 .6A1 1 0 0 1 3 16z",
  leave: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9.5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  mail: "M3 6h18v12H3zM3.5 6.5L12 13l8.5-6.5",
  keyboard: "M3 6.5h18v11H3zM7 10h.01M11 10h.01M15 10h.01M18 10h.01M7.5 14h9",
  send: "M12 20V5M5.5 11.5L12 5l6.5 6.5",
  share: "M12 15V4M8 7.5L12 3.5l4 4M5 12v8h14v-8",
  trash: "M4 7h16M9.5 7V4h5v3M6.5 7l1 13h9l1-13M10.5 11v5.5M13.5 11v5.5",
  play: "M8 5l11 7-11 7z",
  pause: "M8.5 5v14M15.5 5v14",
  hand: "M7 13V6.5a1.5 1.5 0 0 1 3 0V11M10 10.5v-6a1.5 1.5 0 0 1 3 0v6M13 10.5v-5a1.5 1.5 0 0 1 3 0V13M16 11.5v-1.5a1.5 1.5 0 0 1 3 0v5a6 6 0 0 1-6 6h-1.5c-2 0-3.4-.8-4.5-2.5l-3-4.8a1.5 1.5 0 0 1 2.5-1.7L7 13.5",
  check: "M4.5 12.5l5 5 10-11",
} as const;

export type IconName = keyof typeof PATHS;

const TURNED = new Set<IconName>(["back", "next", "leave"]);

/** Decoration: what it means is said by the label of what it stands in. Arrows turn round where text runs right to left. */
export function Icon({ name, size = 24, colour }: { name: IconName; size?: number; colour: string }) {
  const turned = RIGHT_TO_LEFT && TURNED.has(name);
  return (
    <Svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke={colour}
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
      {...(turned && { style: { transform: [{ scaleX: -1 }] } })}
    >
      <Path d={PATHS[name]} />
    </Svg>
  );
}
