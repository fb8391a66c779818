import { errorOfFetch } from "./errors";

/** How long any answer may take; then the screen says so and offers to try again. */
export const DEADLINE_MS = 15_000;

/** `fetch` that always ends. Throws ApiError. */
export async function send(request: Request, deadlineMs = DEADLINE_MS): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(deadlineMs)]) });
  } catch (thrown) {
    // Who cancelled it wants to see its own reason.
    if (request.signal.aborted) throw thrown;
    throw errorOfFetch(thrown);
  }
}
