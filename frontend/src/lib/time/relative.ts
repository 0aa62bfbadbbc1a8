/** Times as documents and URLs write them: `now-1h`, `now/d`, epoch milliseconds, ISO; and durations such as `5s`. */
import { zoneOffset } from "./moment";

const UNIT_MS: Record<string, number> = {
  ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000, w: 604800000, M: 2592000000, y: 31536000000,
};

/** Milliseconds of `5s`, `1m`, `1h30m`, `500ms`; null for what is none. */
export function parseDuration(text: string | undefined | null): number | null {
  if (!text || !/^(?:\d+(?:ms|[smhdwMy]))+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwMy])/g)) total += Number(count) * UNIT_MS[unit!]!;
  return total > 0 ? total : null;
}

/** Runs date arithmetic on the wall clock of a zone and comes back to an instant. */
function onWallClock(ms: number, zone: string, change: (local: Date) => void): number {
  const local = new Date(ms + zoneOffset(ms, zone) * 60000);
  change(local);
  const guess = local.getTime() - zoneOffset(ms, zone) * 60000;
  return local.getTime() - zoneOffset(guess, zone) * 60000;
}

function shiftMonths(local: Date, months: number): void {
  const day = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + months);
  const last = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
  local.setUTCDate(Math.min(day, last));
}

function add(ms: number, count: number, unit: string, zone: string): number {
  if (unit === "M" || unit === "y" || unit === "Q" || unit === "fy") {
    const months = unit === "M" ? 1 : unit === "Q" ? 3 : 12;
    return onWallClock(ms, zone, (local) => shiftMonths(local, count * months));
  }
  if (unit === "d" || unit === "w") {
    return onWallClock(ms, zone, (local) => local.setUTCDate(local.getUTCDate() + count * (unit === "w" ? 7 : 1)));
  }
  return ms + count * UNIT_MS[unit]!;
}

function toStart(local: Date, unit: string): void {
  if (unit === "s") local.setUTCMilliseconds(0);
  else if (unit === "m") local.setUTCSeconds(0, 0);
  else if (unit === "h") local.setUTCMinutes(0, 0, 0);
  else local.setUTCHours(0, 0, 0, 0);
  if (unit === "w") local.setUTCDate(local.getUTCDate() - local.getUTCDay());
  if (unit === "M" || unit === "Q" || unit === "y") local.setUTCDate(1);
  if (unit === "Q") local.setUTCMonth(Math.floor(local.getUTCMonth() / 3) * 3);
  if (unit === "y") local.setUTCMonth(0);
}

/** Down to the unit's start, or for the end of a range to its last millisecond. */
function round(ms: number, unit: string, up: boolean, zone: string): number {
  const start = onWallClock(ms, zone, (local) => toStart(local, unit));
  return up ? add(start, 1, unit, zone) - 1 : start;
}

/** Epoch ms of a time expression; `up` rounds `/d` to the end of the day. Null when it cannot be read. */
export function parseTime(text: string | number | undefined | null, now: number, up: boolean, zone = "browser"): number | null {
  if (text === undefined || text === null || text === "") return null;
  if (typeof text === "number") return Number.isFinite(text) ? text : null;
  if (/^-?\d{5,}$/.test(text)) return Number(text);
  if (!text.startsWith("now")) {
    const parsed = Date.parse(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?$/.test(text) ? text.replace(" ", "T") + "Z" : text);
    return Number.isNaN(parsed) ? null : parsed;
  }
  let ms = now;
  let rest = text.slice(3);
  while (rest) {
    const step = /^(?:([+-])(\d*)|(\/))(ms|fy|[smhdwMQy])/.exec(rest);
    if (!step) return null;
    const unit = step[4]!;
    if (step[3]) ms = round(ms, unit === "fy" ? "y" : unit, up, zone);
    else ms = add(ms, (step[1] === "-" ? -1 : 1) * (step[2] ? Number(step[2]) : 1), unit, zone);
    rest = rest.slice(step[0].length);
  }
  return ms;
}

export interface TimeRange {
  from: number;
  to: number;
}

/** A range from two expressions; one that cannot be read or ends before it begins becomes the last hour. */
export function parseRange(from: string | undefined, to: string | undefined, now: number, zone = "browser"): TimeRange {
  const range = { from: parseTime(from, now, false, zone), to: parseTime(to, now, true, zone) };
  if (range.from === null || range.to === null || range.from >= range.to) return { from: now - 3600000, to: now };
  return { from: range.from, to: range.to };
}

const WORDS: Record<string, string> = { s: "second", m: "minute", h: "hour", d: "day", w: "week", M: "month", y: "year" };

/** "Last 6 hours", "Today", or the two instants. */
export function rangeWords(from: string, to: string, print: (ms: number) => string, now: number): string {
  const last = /^now-(\d+)([smhdwMy])$/.exec(from);
  if (last && to === "now") {
    const word = WORDS[last[2]!]!;
    return last[1] === "1" ? `Last 1 ${word}` : `Last ${last[1]} ${word}s`;
  }
  if (from === "now/d" && to === "now/d") return "Today";
  if (from === "now/d" && to === "now") return "Today so far";
  if (from === "now-1d/d" && to === "now-1d/d") return "Yesterday";
  const range = parseRange(from, to, now);
  return `${print(range.from)} to ${print(range.to)}`;
}
