import { notes } from "@/lib/storage/notes";

const NAME = "recents";
const AT_MOST = 5;

export interface Recent {
  slug: string;
  name: string;
}

/** The stores one has talked to on this device, newest first. */
export function recents(): Recent[] {
  return JSON.parse(notes.read(NAME) ?? "[]") as Recent[];
}

export function remember({ slug, name }: Recent): void {
  const others = recents().filter((other) => other.slug !== slug);
  notes.write(NAME, JSON.stringify([{ slug, name }, ...others].slice(0, AT_MOST)));
}

/** Whoever signs out leaves no traces on the device. */
export const forgetRecents = (): void => notes.forget(NAME);
