/** Every unit id a document may name, from Grafana's picker or custom (`suffix:`, `currency:`, `si:`, …), to its formatter. */
import { DURATIONS } from "./durations";
import { formatMoment, fromNow, localPattern, zoneOffset } from "../../lib/time/moment";
import { type Formatter, EMPTY, fixed } from "./number";
import { counted, currency, fullCurrency, iec, scaled, si, siWithPrefix } from "./scaled";
import { BINARY, COUNTS, CURRENCY, CURRENCY_AFTER, PLAIN, SI } from "./unit-table";

const FULL_DATE = "YYYY-MM-DD HH:mm:ss";
const FULL_DATE_MS = "YYYY-MM-DD HH:mm:ss.SSS";

function withSymbol(symbol: string, before = false): Formatter {
  return (value, decimals) => {
    if (value === null || value === undefined) return EMPTY;
    const text = fixed(value, decimals);
    if (!symbol) return { text };
    return before ? { text, prefix: symbol } : { text, suffix: ` ${symbol}` };
  };
}

const either =
  (yes: string, no: string): Formatter =>
  (value) => ({ text: value ? yes : no });

function sameDay(value: number, now: number, zone: string | undefined): boolean {
  const day = (ms: number): number => Math.floor((ms + zoneOffset(ms, zone) * 60000) / 86400000);
  return day(value) === day(now);
}

type Pattern = (locale: string | undefined) => string;

function dated(pattern: Pattern, today?: Pattern): Formatter {
  return (value, _decimals, context) => {
    const { now, timeZone, locale } = context ?? {};
    const short = today && now !== undefined && Number.isFinite(value) && sameDay(value, now, timeZone);
    return { text: formatMoment(value, (short ? today : pattern)(locale), timeZone) };
  };
}

function hexadecimal(value: number, decimals: number | null | undefined): string {
  return parseFloat(fixed(value, decimals)).toString(16).toUpperCase();
}

const unlessNull =
  (format: Formatter): Formatter =>
  (value, decimals, context) =>
    value === null || value === undefined ? EMPTY : format(value, decimals, context);

const SINGLE: Record<string, Formatter> = {
  string: (value) => ({ text: String(value) }),
  short: scaled(1000, ["", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept"]),
  pressurepsi: scaled(1000, ["psi", "ksi", "Mpsi"]),
  percent: unlessNull((value, decimals) => ({ text: fixed(value, decimals), suffix: "%" })),
  percentunit: unlessNull((value, decimals) => ({ text: fixed(100 * value, decimals), suffix: "%" })),
  hex: unlessNull((value, decimals) => ({ text: hexadecimal(value, decimals) })),
  hex0x: unlessNull((value, decimals) => ({ text: hexadecimal(value, decimals).replace(/^(-?)/, "$10x") })),
  sci: unlessNull((value, decimals) => ({ text: value.toExponential(decimals ?? undefined) })),
  locale: unlessNull((value, decimals) => ({
    text: value.toLocaleString(undefined, { maximumFractionDigits: decimals ?? undefined }),
  })),
  bool: either("True", "False"),
  bool_yes_no: either("Yes", "No"),
  bool_on_off: either("On", "Off"),
  dateTimeAsIso: dated(() => FULL_DATE),
  dateTimeAsIsoNoDateIfToday: dated(() => FULL_DATE, () => "HH:mm:ss"),
  dateTimeAsUS: dated(() => "MM/DD/YYYY h:mm:ss a"),
  dateTimeAsUSNoDateIfToday: dated(() => "MM/DD/YYYY h:mm:ss a", () => "h:mm:ss a"),
  dateTimeAsLocal: dated((locale) => localPattern(true, locale)),
  dateTimeAsLocalNoDateIfToday: dated((locale) => localPattern(true, locale), (locale) => localPattern(false, locale)),
  dateTimeAsSystem: (value, _decimals, context) => ({
    text: formatMoment(value, context?.showMs ? FULL_DATE_MS : FULL_DATE, context?.timeZone),
  }),
  dateTimeFromNow: (value, _decimals, context) => ({ text: fromNow(value, context?.now ?? value) }),
};

const GROUPS: readonly (readonly [Record<string, string>, (symbol: string, offset: number) => Formatter])[] = [
  [PLAIN, (symbol) => withSymbol(symbol)],
  [SI, si],
  [BINARY, iec],
  [COUNTS, counted],
  [CURRENCY, (symbol) => currency(symbol)],
  [CURRENCY_AFTER, (symbol) => currency(symbol, true)],
];

let known: Map<string, Formatter> | undefined;

function table(): Map<string, Formatter> {
  if (known) return known;
  known = new Map([...Object.entries(SINGLE), ...Object.entries(DURATIONS)]);
  for (const [group, make] of GROUPS) {
    for (const [symbol, ids] of Object.entries(group)) {
      for (const entry of ids.split(" ")) {
        const [id, offset] = entry.split("@");
        known.set(id!, make(symbol, Number(offset ?? 0)));
      }
    }
  }
  known.set("farenheit", known.get("fahrenheit")!); // the misspelt id of old documents
  return known;
}

function custom(id: string): Formatter | undefined {
  const colon = id.indexOf(":");
  if (colon < 1) return undefined;
  const rest = id.slice(colon + 1);
  switch (id.slice(0, colon)) {
    case "prefix": return withSymbol(rest, true);
    case "suffix": return withSymbol(rest);
    case "time": return dated(() => rest);
    case "si": return siWithPrefix(rest);
    case "count": return counted(rest);
    case "currency": {
      const parts = rest.split(":");
      if (parts[0] !== "financial" || parts.length < 2) return currency(rest);
      return parts[1] ? fullCurrency(parts[1], parts[2] === "suffix") : withSymbol("");
    }
    case "bool": {
      const slash = rest.indexOf("/");
      return slash < 0 ? either(rest, "-") : either(rest.slice(0, slash), rest.slice(slash + 1));
    }
    default: return undefined;
  }
}

/** The formatter of a unit id; an id nobody knows is printed behind the number. */
export function unitFormat(id?: string | null): Formatter {
  if (!id) return withSymbol("");
  return table().get(id) ?? custom(id) ?? withSymbol(id);
}

/** True for units whose value is an instant. */
export function isDateUnit(unit: string | undefined): boolean {
  return unit !== undefined && ((unit.startsWith("dateTimeAs") && unit !== "dateTimeAsSystem") || unit === "dateTimeFromNow" || unit.startsWith("time:"));
}
