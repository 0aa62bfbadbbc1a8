/** Prints instants with moment.js' patterns, which Grafana's documents use, in any time zone the browser knows. */

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const DAY_MS = 86400000;

const TOKENS =
  /\[[^[\]]*\]|\\.|(?:Mo|M{1,4}|Do|DDDo|D{1,4}|do|d{1,4}|Qo?|YYYYYY|YYYYY|YYYY|YY|Y|wo|ww?|Wo|WW?|gg(?:ggg?)?|GG(?:GGG?)?|e|E|A|a|HH?|hh?|kk?|mm?|ss?|S{1,9}|z{1,2}|ZZ?|X|x|LTS|LT|L{1,4}|l{1,4})/g;

const LONG_FORMS: Record<string, string> = {
  LT: "h:mm A", LTS: "h:mm:ss A", L: "MM/DD/YYYY", LL: "MMMM D, YYYY",
  LLL: "MMMM D, YYYY h:mm A", LLLL: "dddd, MMMM D, YYYY h:mm A",
  l: "M/D/YYYY", ll: "MMM D, YYYY", lll: "MMM D, YYYY h:mm A", llll: "ddd, MMM D, YYYY h:mm A",
};

const zones = new Map<string, Intl.DateTimeFormat | null>();

function zoneFormat(zone: string): Intl.DateTimeFormat | null {
  let known = zones.get(zone);
  if (known === undefined) {
    try {
      known = new Intl.DateTimeFormat("en-US", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric", era: "short",
      });
    } catch {
      known = null; // an unknown zone prints in the reader's own, as Grafana does
    }
    zones.set(zone, known);
  }
  return known;
}

/** Minutes that local time in `zone` is ahead of UTC at `ms`; zone "" or "browser" is the reader's own. */
export function zoneOffset(ms: number, zone = "browser"): number {
  if (zone === "utc" || zone === "UTC") return 0;
  const format = zone === "" || zone === "browser" ? null : zoneFormat(zone);
  if (!format) return -new Date(ms).getTimezoneOffset();
  const parts: Record<string, string> = {};
  for (const part of format.formatToParts(ms)) parts[part.type] = part.value;
  const year = parts["era"] === "BC" ? 1 - Number(parts["year"]) : Number(parts["year"]);
  const local = Date.UTC(
    year, Number(parts["month"]) - 1, Number(parts["day"]),
    Number(parts["hour"]), Number(parts["minute"]), Number(parts["second"]),
  );
  return Math.round((local - Math.floor(ms / 1000) * 1000) / 60000);
}

function ordinal(value: number): string {
  const tens = value % 100;
  if (tens > 10 && tens < 14) return `${value}th`;
  return value + (["th", "st", "nd", "rd"][value % 10] ?? "th");
}

const padded = (value: number, width: number): string =>
  (value < 0 ? "-" : "") + String(Math.abs(value)).padStart(width, "0");

/** Week number and its year; ISO weeks begin on Monday and hold January 4th, the others on Sunday and hold the 1st. */
function week(local: Date, iso: boolean): { year: number; week: number } {
  const weekday = iso ? (local.getUTCDay() + 6) % 7 : local.getUTCDay();
  const anchor = new Date(local.getTime() + ((iso ? 3 : 6) - weekday) * DAY_MS);
  const year = anchor.getUTCFullYear();
  return { year, week: Math.floor((anchor.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) + 1 };
}

function zoneSign(offset: number, colon: boolean): string {
  const size = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${padded(Math.floor(size / 60), 2)}${colon ? ":" : ""}${padded(size % 60, 2)}`;
}

/** Print `ms` by a moment pattern; not a number or out of range gives "Invalid date". */
export function formatMoment(ms: number, pattern: string, zone = "browser"): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "Invalid date";
  const instant = Math.trunc(ms);
  const offset = zoneOffset(instant, zone);
  const local = new Date(instant + offset * 60000);
  const expanded = pattern.replace(/\[[^[\]]*\]|\\.|LTS|LT|L{1,4}|l{1,4}/g, (token) => LONG_FORMS[token] ?? token);
  return expanded.replace(TOKENS, (token) => printToken(token, local, instant, offset, zone));
}

function printToken(token: string, local: Date, instant: number, offset: number, zone: string): string {
  if (token.startsWith("[")) return token.slice(1, -1);
  if (token.startsWith("\\")) return token.slice(1);
  const year = local.getUTCFullYear();
  const month = local.getUTCMonth();
  const day = local.getUTCDate();
  const weekday = local.getUTCDay();
  const hour = local.getUTCHours();
  const twelve = hour % 12 || 12;
  const dayOfYear = Math.floor((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / DAY_MS) + 1;
  switch (token) {
    case "M": return String(month + 1);
    case "Mo": return ordinal(month + 1);
    case "MM": return padded(month + 1, 2);
    case "MMM": return MONTHS[month]!.slice(0, 3);
    case "MMMM": return MONTHS[month]!;
    case "Q": return String(Math.floor(month / 3) + 1);
    case "Qo": return ordinal(Math.floor(month / 3) + 1);
    case "D": return String(day);
    case "Do": return ordinal(day);
    case "DD": return padded(day, 2);
    case "DDD": return String(dayOfYear);
    case "DDDo": return ordinal(dayOfYear);
    case "DDDD": return padded(dayOfYear, 3);
    case "d": case "e": return String(weekday);
    case "do": return ordinal(weekday);
    case "dd": return DAYS[weekday]!.slice(0, 2);
    case "ddd": return DAYS[weekday]!.slice(0, 3);
    case "dddd": return DAYS[weekday]!;
    case "E": return String(weekday || 7);
    case "w": return String(week(local, false).week);
    case "wo": return ordinal(week(local, false).week);
    case "ww": return padded(week(local, false).week, 2);
    case "W": return String(week(local, true).week);
    case "Wo": return ordinal(week(local, true).week);
    case "WW": return padded(week(local, true).week, 2);
    case "gg": return padded(week(local, false).year % 100, 2);
    case "gggg": return padded(week(local, false).year, 4);
    case "GG": return padded(week(local, true).year % 100, 2);
    case "GGGG": return padded(week(local, true).year, 4);
    case "Y": return year > 9999 ? `+${year}` : padded(year, 4);
    case "YY": return padded(year % 100, 2);
    case "YYYY": return year > 9999 ? `+${year}` : padded(year, 4);
    case "YYYYY": return padded(year, 5);
    case "YYYYYY": return (year < 0 ? "-" : "+") + padded(Math.abs(year), 6);
    case "A": return hour < 12 ? "AM" : "PM";
    case "a": return hour < 12 ? "am" : "pm";
    case "H": return String(hour);
    case "HH": return padded(hour, 2);
    case "h": return String(twelve);
    case "hh": return padded(twelve, 2);
    case "k": return String(hour || 24);
    case "kk": return padded(hour || 24, 2);
    case "m": return String(local.getUTCMinutes());
    case "mm": return padded(local.getUTCMinutes(), 2);
    case "s": return String(local.getUTCSeconds());
    case "ss": return padded(local.getUTCSeconds(), 2);
    case "X": return String(Math.floor(instant / 1000));
    case "x": return String(instant);
    case "z": case "zz": return zone.toLowerCase() === "utc" ? "UTC" : "";
    case "Z": return zoneSign(offset, true);
    case "ZZ": return zoneSign(offset, false);
    default:
      if (token.startsWith("S")) return padded(local.getUTCMilliseconds(), 3).padEnd(9, "0").slice(0, token.length);
      return token;
  }
}

/** Whole months and the milliseconds beyond them from one instant to a later one. */
function monthsBetween(from: number, to: number): { months: number; rest: number } {
  const start = new Date(from);
  const end = new Date(to);
  const shifted = (months: number): number => {
    const first = new Date(start);
    first.setUTCDate(1);
    first.setUTCMonth(first.getUTCMonth() + months);
    const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    first.setUTCDate(Math.min(start.getUTCDate(), last));
    return first.getTime();
  };
  let months = (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth();
  if (shifted(months) > to) months -= 1;
  return { months, rest: to - shifted(months) };
}

/** "5 minutes ago", "in a day": moment's words and limits in English. */
export function fromNow(ms: number, now: number): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return "Invalid date";
  const { months, rest } = monthsBetween(Math.min(ms, now), Math.max(ms, now));
  // Days that whole months stand for, and months that days stand for, by the Gregorian mean of 146,097 days in 4,800 months.
  const wholeDays = Math.round((months * 146097) / 4800);
  const inMs = rest + wholeDays * DAY_MS;
  const count = (size: number): number => Math.round(inMs / size);
  const inMonths = months + ((rest / DAY_MS) * 4800) / 146097;
  const words = ((): string => {
    if (count(1000) < 45) return "a few seconds";
    if (count(60000) <= 1) return "a minute";
    if (count(60000) < 45) return `${count(60000)} minutes`;
    if (count(3600000) <= 1) return "an hour";
    if (count(3600000) < 22) return `${count(3600000)} hours`;
    if (count(DAY_MS) <= 1) return "a day";
    if (count(DAY_MS) < 26) return `${count(DAY_MS)} days`;
    if (Math.round(inMonths) <= 1) return "a month";
    if (Math.round(inMonths) < 11) return `${Math.round(inMonths)} months`;
    const years = Math.round(inMonths / 12);
    return years <= 1 ? "a year" : `${years} years`;
  })();
  return ms > now ? `in ${words}` : `${words} ago`;
}

/** The reader's own way of writing date and time, as a moment pattern (`01/31/2026, 05:04:03 PM`). */
export function localPattern(withDate: boolean, locale?: string): string {
  const time = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  const date = withDate ? ({ year: "numeric", month: "2-digit", day: "2-digit" } as const) : {};
  const format = new Intl.DateTimeFormat(locale, {
    ...date,
    ...time,
  });
  const hour = format.resolvedOptions().hour12 ? "hh" : "HH";
  const tokens: Record<string, string> = {
    year: "YYYY", month: "MM", day: "DD", hour, minute: "mm", second: "ss", dayPeriod: "A",
  };
  return format.formatToParts(0).map((part) => tokens[part.type] ?? part.value).join("");
}
