import { authorized } from "./client";
import { errorOfAnswer } from "./errors";

// Exports can be long.
const DEADLINE_MS = 120_000;

/** Ask for a file with the access token, which a plain link could not send, and have the browser save it. Throws ApiError. */
export async function saveFile(path: string, name: string): Promise<void> {
  const response = await authorized(new Request(new URL(path, location.origin)), DEADLINE_MS);
  if (!response.ok) throw errorOfAnswer(response, await response.json().catch(() => null));
  const url = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  // The browser has taken hold of it by the time that the task is over.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  });
}
