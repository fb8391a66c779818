const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dayOnly = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** "May 4, 2026, 3:12 PM", in the reader's own words and zone. */
export function formatDateTime(iso: string): string {
  return dateTime.format(new Date(iso));
}

/** The time today, and the day with it else. */
export function formatWhen(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const time = timeOnly.format(date);
  return date.toDateString() === now.toDateString() ? time : `${dayOnly.format(date)}, ${time}`;
}

/** "2 hours ago". */
export function formatAgo(iso: string, now = new Date()): string {
  const elapsedMs = new Date(iso).getTime() - now.getTime();
  const [unit, lengthMs] = STEPS.find(([, ms]) => Math.abs(elapsedMs) >= ms) ?? ["minute", 60_000];
  return relative.format(Math.round(elapsedMs / lengthMs), unit);
}

/** "3:07", minutes and seconds. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
