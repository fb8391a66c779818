import { AudioLines, ChartNoAxesColumn, MessagesSquare, type LucideIcon } from "lucide-react";

export interface Place {
  to: "/" | "/live" | "/messages";
  label: string;
  icon: LucideIcon;
}

/** What the navigation leads to, in its order. */
export const PLACES: Place[] = [
  { to: "/", label: "Overview", icon: ChartNoAxesColumn },
  { to: "/live", label: "Live", icon: AudioLines },
  { to: "/messages", label: "Messages", icon: MessagesSquare },
];
