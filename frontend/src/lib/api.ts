/** Calls of the server from a page: one shape of outcomes, one wording of refusals, and our API by its own types. */
import type { paths } from "./schema";

export interface Problem {
  path: string;
  message: string;
}

export type Outcome<T> =
  | { ok: true; data: T }
  /** `status` 0: nothing came back. `id` is the server's name for what happened, when it gave one. */
  | { ok: false; status: number; id: string; message: string; problems: Problem[]; aborted: boolean };

/** What a page says where the server's own words would not help its reader. */
export interface Wording {
  unreachable: string;
  /** By status; a server's fault (5xx) is told in the server's words first. */
  byStatus: Readonly<Record<number, string>>;
}

export async function request<T>(url: string, init: RequestInit, wording: Wording): Promise<Outcome<T>> {
  try {
    const response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...init });
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) return worded(response.status, body, wording);
    if (typeof body !== "object" || body === null) return failed(response.status, "The server's answer could not be read");
    return { ok: true, data: body as T };
  } catch (error) {
    return { ...failed(0, wording.unreachable), aborted: error instanceof DOMException && error.name === "AbortError" };
  }
}

type Failed = Extract<Outcome<never>, { ok: false }>;

function failed(status: number, message: string, id = "", problems: Problem[] = []): Failed {
  return { ok: false, status, id, message, problems, aborted: false };
}

/** Our error shape, and Grafana's on the routes that visitors use. */
interface ErrorBody {
  error?: { message?: unknown; code?: unknown; request_id?: unknown; details?: { problems?: unknown } };
  messageId?: unknown;
  message?: unknown;
}

function worded(status: number, body: unknown, { byStatus }: Wording): Failed {
  const given = (typeof body === "object" && body !== null ? body : {}) as ErrorBody;
  const said = text(given.message) || text(given.error?.message);
  const message = (status >= 500 && said) || byStatus[status] || said || `The service answered with an error (${status}).`;
  const number = status >= 500 ? text(given.error?.request_id) : "";
  return failed(status, number ? `${message} Request id ${number}.` : message, text(given.messageId) || text(given.error?.code), problemsOf(given.error?.details?.problems));
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function problemsOf(value: unknown): Problem[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is Problem => typeof one?.path === "string" && typeof one?.message === "string");
}

type Method = "get" | "put" | "post" | "patch" | "delete";
/** The methods a path takes. */
type MethodOf<P extends keyof paths> = { [M in Method]-?: paths[P][M] extends object ? M : never }[Method];
type InJson<Holder> = Holder extends { content: { "application/json": infer Shape } } ? Shape : never;

/** The body an operation takes. */
export type BodyOf<Operation> = Operation extends { requestBody?: infer Body } ? InJson<NonNullable<Body>> : never;

/** The JSON an operation answers with when it succeeds. */
export type AnswerOf<Operation> = Operation extends { responses: infer Answers } ? InJson<Answers[keyof Answers]> : never;

interface Given<Operation> {
  /** What stands for each `{name}` of the path. */
  path?: Readonly<Record<string, string>>;
  body?: BodyOf<Operation>;
}

const SIGNED_IN: Wording = {
  unreachable: "The service could not be reached. Nothing was changed; try again.",
  byStatus: { 401: "You are signed out. Load the page again to sign in." },
};

/** Our API for a signed-in page, below `root`; each call carries the session's protection token. */
export class Api {
  constructor(private readonly csrf: string, private readonly root = "/") {}

  call<P extends keyof paths, M extends MethodOf<P>>(method: M, path: P, given: Given<paths[P][M]> = {}): Promise<Outcome<AnswerOf<paths[P][M]>>> {
    const headers: Record<string, string> = { Accept: "application/json", "X-CSRF-Token": this.csrf };
    if (given.body !== undefined) headers["Content-Type"] = "application/json";
    const url = this.root + path.slice(1).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(given.path?.[name] ?? ""));
    return request(url, { method: method.toUpperCase(), headers, ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }) }, SIGNED_IN);
  }
}
