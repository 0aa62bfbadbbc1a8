/** Calls of our API from a signed-in page: one answer shape, the session's protection token on each. */

export interface Problem {
  path: string;
  message: string;
}

export type Outcome<T> = { ok: true; data: T } | { ok: false; message: string; problems: Problem[] };

interface ErrorBody {
  error?: { message?: unknown; request_id?: unknown; details?: { problems?: unknown } };
}

export class Api {
  constructor(private readonly csrf: string) {}

  async call<T>(method: string, path: string, body?: unknown): Promise<Outcome<T>> {
    const headers: Record<string, string> = { Accept: "application/json", "X-CSRF-Token": this.csrf };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    try {
      const response = await fetch(path, { method, headers, cache: "no-store", ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const answer: unknown = await response.json().catch(() => null);
      return response.ok ? { ok: true, data: answer as T } : worded(response.status, answer);
    } catch {
      return { ok: false, message: "The service could not be reached. Nothing was changed; try again.", problems: [] };
    }
  }
}

function worded(status: number, answer: unknown): { ok: false; message: string; problems: Problem[] } {
  const error = (answer as ErrorBody | null)?.error;
  if (status === 401) return { ok: false, message: "You are signed out. Load the page again to sign in.", problems: [] };
  const said = typeof error?.message === "string" ? error.message : `The service answered with an error (${status}).`;
  const id = typeof error?.request_id === "string" && status >= 500 ? ` Request id ${error.request_id}.` : "";
  return { ok: false, message: said + id, problems: problemsOf(error?.details?.problems) };
}

function problemsOf(value: unknown): Problem[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is Problem => typeof one?.path === "string" && typeof one?.message === "string");
}
