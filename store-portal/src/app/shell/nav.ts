import {
  AudioLines,
  BookOpen,
  Bot,
  ChartNoAxesColumn,
  CodeXml,
  MessagesSquare,
  Phone,
  PhoneCall,
  ShieldCheck,
  type LucideIcon,
} from "lucide-react";

export interface Place {
  to:
    | "/"
    | "/live"
    | "/conversations"
    | "/messages"
    | "/telephone"
    | "/assistant"
    | "/knowledge"
    | "/developers"
    | "/security";
  label: string;
  icon: LucideIcon;
}

/** What the navigation leads to, in its order. */
export const PLACES: Place[] = [
  { to: "/", label: "Overview", icon: ChartNoAxesColumn },
  { to: "/live", label: "Live", icon: AudioLines },
  { to: "/conversations", label: "Conversations", icon: PhoneCall },
  { to: "/messages", label: "Messages", icon: MessagesSquare },
  { to: "/telephone", label: "Phone", icon: Phone },
  { to: "/assistant", label: "Assistant", icon: Bot },
  { to: "/knowledge", label: "Knowledge", icon: BookOpen },
  { to: "/developers", label: "Developers", icon: CodeXml },
  { to: "/security", label: "Security", icon: ShieldCheck },
];
