/** What both sides say, as it is being said. Every function returns a new list. */

export interface Caption {
  id: number;
  mine: boolean;
  text: string;
  /** More of it may come. */
  open: boolean;
}

export type Captions = readonly Caption[];

/** The screen shows the end of a conversation; all of it is in the history. */
const AT_MOST = 40;

/** What was understood of the user; what is not final is replaced by what comes next. */
export function heard(captions: Captions, text: string, { final }: { final: boolean }): Captions {
  const last = captions.at(-1);
  const trimmed = text.trim();
  if (!trimmed) return captions;
  if (last?.mine && last.open) return [...captions.slice(0, -1), { ...last, text: trimmed, open: !final }];
  return added(captions, { mine: true, text: trimmed, open: !final });
}

/** The next words of the assistant: told when it begins to say them, and once more, `spoken`, when it has. */
export function said(captions: Captions, text: string, { spoken }: { spoken: boolean }): Captions {
  const last = captions.at(-1);
  const trimmed = text.trim();
  if (!trimmed) return captions;
  if (spoken && captions.slice(-3).some((caption) => !caption.mine && caption.text.includes(trimmed))) return captions;
  if (last && !last.mine && last.open) {
    return [...captions.slice(0, -1), { ...last, text: `${last.text} ${trimmed}` }];
  }
  return added(captions, { mine: false, text: trimmed, open: true });
}

/** The assistant is silent: what it says next is another sentence. */
export function closed(captions: Captions): Captions {
  return captions.map((caption) => (caption.open && !caption.mine ? { ...caption, open: false } : caption));
}

function added(captions: Captions, caption: Omit<Caption, "id">): Captions {
  return [...captions, { ...caption, id: (captions.at(-1)?.id ?? 0) + 1 }].slice(-AT_MOST);
}
