/** The page's two questions to the server: a panel's data and the link's state. */
import type { QueryResult } from "../../charts/frames/prometheus";
import type { TimeRange } from "../../lib/time/relative";

export interface PanelAnswer {
  from: number;
  to: number;
  step_ms?: number;
  results: Record<string, QueryResult>;
}

export type Outcome<T> =
  | { ok: true; data: T }
  /** `status` 0: nothing came back. `id` is the server's word for what happened, when it gave one. */
  | { ok: false; status: number; id: string; message: string; aborted?: boolean };

const FAULTS: Record<number, string> = {
  401: "This dashboard needs its password again",
  403: "This panel may not be shown now",
  404: "This panel is no longer here",
  410: "This link is no longer valid",
  429: "Too many requests; trying again soon",
  502: "The data source could not be reached",
  503: "The service is not available right now",
  504: "The data source took too long to answer",
};

function worded(status: number, body: unknown): { id: string; message: string } {
  const given = (typeof body === "object" && body !== null ? body : {}) as { messageId?: unknown; message?: unknown; error?: { message?: unknown; code?: unknown } };
  const message = typeof given.message === "string" ? given.message : typeof given.error?.message === "string" ? given.error.message : "";
  const id = typeof given.messageId === "string" ? given.messageId : typeof given.error?.code === "string" ? given.error.code : "";
  return { id, message: (status >= 500 && message) || FAULTS[status] || message || `The server answered with an error (${status})` };
}

async function ask<T>(url: string, init: RequestInit): Promise<Outcome<T>> {
  try {
    const response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...init });
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) return { ok: false, status: response.status, ...worded(response.status, body) };
    if (typeof body !== "object" || body === null) {
      return { ok: false, status: response.status, id: "", message: "The server's answer could not be read" };
    }
    return { ok: true, data: body as T };
  } catch (error) {
    const aborted = error instanceof DOMException && error.name === "AbortError";
    return { ok: false, status: 0, id: "", message: "The server could not be reached", aborted };
  }
}

export function fetchPanel(url: string, range: TimeRange, width: number, signal: AbortSignal): Promise<Outcome<PanelAnswer>> {
  return ask(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ from: Math.round(range.from), to: Math.round(range.to), width: Math.max(1, Math.round(width)) }),
    signal,
  });
}

export interface LinkStateAnswer {
  state: string;
  until?: string | null;
}

export function fetchState(url: string): Promise<Outcome<LinkStateAnswer>> {
  return ask(url, { method: "GET" });
}
