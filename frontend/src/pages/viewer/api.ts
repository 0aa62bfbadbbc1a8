/** The page's two questions to the server: a panel's data and the link's state. */
import type { QueryResult } from "../../charts/frames/prometheus";
import { type Outcome, type Wording, request } from "../../lib/api";
import type { TimeRange } from "../../lib/time/relative";
import { openPageWords } from "../../lib/words";

export interface PanelAnswer {
  from: number;
  to: number;
  step_ms?: number;
  results: Record<string, QueryResult>;
}

const VISITOR: Wording = {
  unreachable: "The server could not be reached",
  byStatus: {
    401: "This dashboard needs its password again",
    403: "This panel may not be shown now",
    404: "This panel is no longer here",
    410: openPageWords("revoked").title,
    429: "Too many requests; trying again soon",
    502: "The data source could not be reached",
    503: "The service is not available right now",
    504: "The data source took too long to answer",
  },
};

export function fetchPanel(url: string, range: TimeRange, width: number, signal: AbortSignal): Promise<Outcome<PanelAnswer>> {
  return request(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ from: Math.round(range.from), to: Math.round(range.to), width: Math.max(1, Math.round(width)) }),
    signal,
  }, VISITOR);
}

export interface LinkStateAnswer {
  state: string;
  until?: string | null;
  frame?: string;
}

export function fetchState(url: string): Promise<Outcome<LinkStateAnswer>> {
  return request(url, { method: "GET" }, VISITOR);
}
