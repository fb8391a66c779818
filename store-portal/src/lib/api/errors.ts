/** Why a request was not answered as wanted. `code` is the server's, or `unreachable`, `deadline` or `unreadable`. */
export class ApiError extends Error {
  readonly status: number | null;
  readonly code: string;
  readonly retryAfterS: number | null;

  constructor(told: { status: number | null; code: string; message: string; retryAfterS?: number | null }) {
    super(told.message);
    this.name = "ApiError";
    this.status = told.status;
    this.code = told.code;
    this.retryAfterS = told.retryAfterS ?? null;
  }

  /** Which field of the request is meant, such as `fields.0.name`, and what is said about it: as the server names it. */
  get about(): { field: string; message: string } | null {
    const named = this.code === "invalid_request" && /^([a-z_]+(?:\.\w+)*): (.+)$/s.exec(this.message);
    return named ? { field: named[1] ?? "", message: named[2] ?? "" } : null;
  }

  /** Whether asking again may help by itself. */
  get passing(): boolean {
    return this.status === null || this.status >= 500;
  }
}

/** Make one error of whatever `fetch` throws. */
export function errorOfFetch(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") {
    return new ApiError({ status: null, code: "deadline", message: "The server took too long to answer." });
  }
  return new ApiError({ status: null, code: "unreachable", message: "The server cannot be reached." });
}

/** Make an error of a refusal, whose body is `{"error": {"code", "message"}}`. */
export function errorOfAnswer(response: Response, body: unknown): ApiError {
  const told = readProblem(body);
  const retryAfter = Number(response.headers.get("Retry-After"));
  return new ApiError({
    status: response.status,
    code: told?.code ?? "unreadable",
    message: told?.message ?? `The server answered ${response.status}.`,
    retryAfterS: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  });
}

/** Words for people, whatever was thrown. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof ApiError)) return "Something went wrong in the portal.";
  if (thrown.retryAfterS === null) return thrown.message;
  return `${thrown.message} Try again in ${thrown.retryAfterS} ${thrown.retryAfterS === 1 ? "second" : "seconds"}.`;
}

function readProblem(body: unknown): { code: string; message: string } | null {
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { error } = body;
  if (typeof error !== "object" || error === null || !("code" in error) || !("message" in error)) return null;
  return typeof error.code === "string" && typeof error.message === "string"
    ? { code: error.code, message: error.message }
    : null;
}
