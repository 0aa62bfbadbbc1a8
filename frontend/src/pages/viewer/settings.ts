/** What the page was given and what its URL says, as one set of settings. */
import type { DashboardDocument } from "../../charts/frames/document";
import { type ThemeChoice, readTheme } from "../../lib/host";
import { parseDuration, parseTime } from "../../lib/time/relative";

export interface Profile {
  theme?: string;
  refresh?: string;
  from?: string;
  to?: string;
  picker?: boolean;
  chrome?: boolean;
  transparent?: boolean;
}

/** The JSON in `#dashwright-data`. */
export interface PageData {
  token: string;
  base: string;
  title: string;
  theme: string;
  lang?: string;
  document: DashboardDocument;
  profile: Profile;
  state_url: string;
  /** Names the rules of who may frame the page. */
  frame?: string;
  /** With a literal `{id}` for the panel. */
  data_url: string;
  /** The server's clock when the page was made, epoch ms. */
  now: number;
  /** When charts have something new: every so many ms, at such moments of the server's clock; null when not known. */
  news?: { every: number; at: number } | null;
  /** When the link expires, epoch ms. */
  expires_at: number | null;
}

export interface Settings {
  theme: ThemeChoice;
  /** Null when nothing refreshes by itself. */
  refreshMs: number | null;
  from: string;
  to: string;
  timeZone: string;
  picker: boolean;
  chrome: boolean;
  transparent: boolean;
}

/** Grafana asks at most every five seconds. */
const LEAST_REFRESH_MS = 5000;

/** Refresh interval of a text; undefined when it says nothing, null when it says "off". */
export function readRefresh(text: string | boolean | null | undefined): number | null | undefined {
  if (text === "off" || text === false) return null;
  const ms = typeof text === "string" ? parseDuration(text) : null;
  return ms === null ? undefined : Math.max(ms, LEAST_REFRESH_MS);
}

/** The last of a doubled parameter counts, since a frontend appends its own to a ready-made URL. */
function lastOf(query: URLSearchParams, name: string): string | null {
  return query.getAll(name).filter(Boolean).at(-1) ?? null;
}

export function settingsOf(data: PageData, search: string): Settings {
  const query = new URLSearchParams(search);
  const { profile, document } = data;
  const picker = profile.picker === true;
  const time = (name: "from" | "to", otherwise: string): string => {
    const asked = picker ? lastOf(query, name) : null;
    const known = [asked, profile[name], document.time?.[name]].find((text) => text && parseTime(text, 0, false, "utc") !== null);
    return known ?? otherwise;
  };
  const refresh = [lastOf(query, "refresh"), profile.refresh, document.refresh].map(readRefresh).find((ms) => ms !== undefined);
  return {
    theme: readTheme(lastOf(query, "theme")) ?? readTheme(data.theme) ?? readTheme(profile.theme) ?? "auto",
    refreshMs: refresh ?? null,
    from: time("from", "now-1h"),
    to: time("to", "now"),
    timeZone: document.timezone || "browser",
    picker,
    chrome: profile.chrome === true,
    transparent: profile.transparent === true,
  };
}
