import type { components } from "./schema";

/** Why the API refused something: `code` is stable and for programs, the message is for people. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The API could not be reached at all. */
export class Unreachable extends Error {
  override name = "Unreachable";

  constructor() {
    super("Storeline cannot be reached. Check your connection and try again.");
  }
}

type Problem = components["schemas"]["Problem"];

export function refusalOf(problem: unknown, status: number): Refusal {
  const error = (problem as Partial<Problem> | undefined)?.error;
  return new Refusal(error?.code ?? "unknown", error?.message ?? `The server answered ${status}.`, status);
}

/** What to show a person for anything that was thrown. */
export function inWords(error: unknown): string {
  return error instanceof Refusal || error instanceof Unreachable
    ? error.message
    : "Something went wrong. Please try again.";
}
