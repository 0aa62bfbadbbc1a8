/** What a panel may say about itself, decided from its last good data and its last attempt. */

export type PanelState = "loading" | "ready" | "nodata" | "error" | "stale";

export interface Attempt {
  /** When the shown data was fetched, epoch ms; null when there is none. */
  goodAt: number | null;
  /** The shown data holds at least one value. */
  hasValues: boolean;
  /** Why the last attempt failed; null when it did not. */
  failure: string | null;
  /** Queries that failed beside others that did not. */
  partial: readonly string[];
  rangeMs: number;
  now: number;
}

/** Old values stay, greyed, until they are older than the range they were asked for. */
export function panelState(attempt: Attempt): PanelState {
  const { goodAt, hasValues, failure, rangeMs, now } = attempt;
  if (failure !== null) return goodAt !== null && hasValues && now - goodAt <= rangeMs ? "stale" : "error";
  if (goodAt === null) return "loading";
  return hasValues ? "ready" : "nodata";
}
