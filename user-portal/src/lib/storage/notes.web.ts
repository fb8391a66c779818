/** Small things to remember in this browser that are no secrets: preferences, and where one was last. */
export const notes = {
  read: (name: string): string | null => localStorage.getItem(`storeline.${name}`),
  write: (name: string, text: string): void => localStorage.setItem(`storeline.${name}`, text),
  forget: (name: string): void => localStorage.removeItem(`storeline.${name}`),
};
