/** Lengths of time in words and on clocks, with the steps Grafana takes from unit to unit. */
import { formatMoment } from "../../lib/time/moment";
import { type Decimals, type Formatted, type Formatter, EMPTY, fixed } from "./number";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const WEEK = 604800;
const YEAR = 31536000;

/** One rung: below `below` (in the unit's own size) the value is divided by `by` and gets `name`. */
interface Rung {
  below: number;
  by: number;
  name: string;
  /** Words such as " min" take an s above one; the unit's own rung never does. */
  plural?: boolean;
}

function ladder(rungs: readonly Rung[]): Formatter {
  return (value, decimals) => {
    if (value === null || value === undefined) return EMPTY;
    const size = Math.abs(value);
    const rung = rungs.find((each) => size < each.below) ?? rungs[rungs.length - 1]!;
    const shown = value / rung.by;
    return { text: fixed(shown, decimals), suffix: rung.plural && Math.abs(shown) > 1 ? `${rung.name}s` : rung.name };
  };
}

const rung = (below: number, by: number, name: string): Rung => ({ below, by, name });
const words = (below: number, by: number, name: string): Rung => ({ below, by, name, plural: true });

const nanoseconds = ladder([
  rung(1e3, 1, " ns"), rung(1e6, 1e3, " µs"), rung(1e9, 1e6, " ms"), rung(6e10, 1e9, " s"),
  words(3.6e12, 6e10, " min"), words(8.64e13, 3.6e12, " hour"), words(Infinity, 8.64e13, " day"),
]);
const microseconds = ladder([rung(1e3, 1, " µs"), rung(1e6, 1e3, " ms"), rung(Infinity, 1e6, " s")]);
const milliseconds = ladder([
  rung(1e3, 1, " ms"), rung(6e4, 1e3, " s"), words(3.6e6, 6e4, " min"), words(8.64e7, 3.6e6, " hour"),
  words(YEAR * 1e3, 8.64e7, " day"), words(Infinity, YEAR * 1e3, " year"),
]);
const wholeSeconds = ladder([
  rung(MINUTE, 1, " s"), words(HOUR, MINUTE, " min"), words(DAY, HOUR, " hour"), words(WEEK, DAY, " day"),
  words(YEAR, WEEK, " week"), words(Infinity, 3.15569e7, " year"),
]);
// Above 604800 *minutes* Grafana turns to years; the number is that of seconds in a week, and kept as it is there.
const minutes = ladder([
  rung(60, 1, " min"), words(1440, 60, " hour"), words(10080, 1440, " day"), words(WEEK, 10080, " week"),
  words(Infinity, 5.25948e5, " year"),
]);
const hours = ladder([
  rung(24, 1, " hour"), words(168, 24, " day"), words(8760, 168, " week"), words(Infinity, 8760, " year"),
]);
const days = ladder([words(7, 1, " day"), words(365, 7, " week"), words(Infinity, 365, " year")]);

/** Parts of a second are multiplied, not divided, so that they round as Grafana's do. */
function seconds(value: number, decimals?: Decimals): Formatted {
  if (value === null || value === undefined) return EMPTY;
  if (value === 0) return { text: "0", suffix: " s" };
  const size = Math.abs(value);
  if (size < 1e-6) return { text: fixed(value * 1e9, decimals), suffix: " ns" };
  if (size < 1e-3) return { text: fixed(value * 1e6, decimals), suffix: " µs" };
  if (size < 1) return { text: fixed(value * 1e3, decimals), suffix: " ms" };
  return wholeSeconds(value, decimals);
}

const SPANS: readonly (readonly [string, number])[] = [
  ["year", YEAR], ["month", 2592000], ["week", WEEK], ["day", DAY],
  ["hour", HOUR], ["minute", MINUTE], ["second", 1], ["millisecond", 0.001],
];

function inWords(value: number, decimals: Decimals, unit: "second" | "millisecond"): Formatted {
  if (value === null || value === undefined) return EMPTY;
  if (value === 0) return { text: "0", suffix: ` ${unit}s` };
  if (value < 0) {
    const positive = inWords(-value, decimals, unit);
    return { ...positive, suffix: (positive.suffix ?? "") + " ago" };
  }
  let rest = value * (unit === "second" ? 1 : 0.001) * 1000;
  let more = decimals ?? 0;
  const parts: string[] = [];
  for (const [name, length] of SPANS) {
    if (more < 0) break;
    const count = rest / (length * 1000);
    if (count < 1 && parts.length === 0) continue;
    const whole = Math.floor(count);
    parts.push(`${whole} ${name}${whole === 1 ? "" : "s"}`);
    rest %= length * 1000;
    more -= 1;
  }
  return { text: parts.join(", ") };
}

const two = (value: number): string => (value > 9 ? String(value) : `0${value}`);

function clockTime(value: number): Formatted {
  if (value < 0) return { ...clockTime(-value), suffix: " ago" };
  const parts = [Math.floor(value / HOUR), Math.floor((value % HOUR) / MINUTE), Math.floor((value % HOUR) % MINUTE)];
  return { text: parts.map(two).join(":") };
}

function clockTimeWithDays(value: number): Formatted {
  if (value < 0) return { ...clockTimeWithDays(-value), suffix: " ago" };
  const whole = Math.floor(value / DAY);
  return { text: (whole > 0 ? `${whole} d ` : "") + clockTime(value - whole * DAY).text };
}

/** Each further decimal shows one more part of `00m:00s:000ms`. */
function clock(ms: number, decimals?: Decimals): Formatted {
  if (ms === null || ms === undefined) return EMPTY;
  const print = (pattern: string): string => formatMoment(ms, pattern, "utc");
  if (ms < 1000) return { text: print("SSS[ms]") };
  if (ms < 60000) return { text: print(decimals === 0 ? "ss[s]" : "ss[s]:SSS[ms]") };
  const parts = ["mm[m]", "ss[s]", "SSS[ms]"];
  const upTo = (count: number): string => parts.slice(0, count).join(":");
  if (ms < 3600000) return { text: print(upTo(decimals === 0 ? 1 : decimals === 1 ? 2 : 3)) };
  const rest = decimals === 0 || decimals === 1 || decimals === 2 ? decimals : 3;
  const wholeHours = `${Math.floor(ms / 3600000)}h`;
  return { text: rest === 0 ? wholeHours : `${wholeHours}:${print(upTo(rest))}` };
}

/** Grafana's "Time" units by id. */
export const DURATIONS: Record<string, Formatter> = {
  ns: nanoseconds,
  µs: microseconds,
  ms: milliseconds,
  s: seconds,
  m: minutes,
  h: hours,
  d: days,
  dtdurationms: (value, decimals) => inWords(value, decimals, "millisecond"),
  dtdurations: (value, decimals) => inWords(value, decimals, "second"),
  dthms: clockTime,
  dtdhms: clockTimeWithDays,
  timeticks: (value, decimals) => seconds(value / 100, decimals),
  clockms: clock,
  clocks: (value, decimals) => clock(value * 1000, decimals),
};
