/** How Grafana prints a bare number: how many decimals it chooses and how it rounds. */

/** A printed value in its three parts; the whole text is prefix + text + suffix. */
export interface Formatted {
  text: string;
  prefix?: string;
  suffix?: string;
}

/** Wanted decimals; null or undefined lets the number decide. */
export type Decimals = number | null | undefined;

/** What printing may depend on besides the value; `now` (epoch ms) serves "5 minutes ago" and "no date if today", `locale` dates in the reader's own way. */
export interface FormatContext {
  timeZone?: string;
  locale?: string;
  now?: number;
  showMs?: boolean;
}

export type Formatter = (value: number, decimals?: Decimals, context?: FormatContext) => Formatted;

export const EMPTY: Formatted = { text: "" };

/** The text of all three parts together. */
export function joined(value: Formatted): string {
  return (value.prefix ?? "") + value.text + (value.suffix ?? "");
}

/** Decimals for a number that has none given: about three significant digits, none for whole numbers. */
export function autoDecimals(value: number): number {
  if (value % 1 === 0) return 0;
  const size = Math.abs(value);
  const exponent = Math.floor(Math.log(size) / Math.LN10);
  const places = 1 - exponent;
  const leading = size / 10 ** -places;
  // A leading part above 2.25 would lose too much with one decimal (Grafana's special case for 2.5).
  return Math.max(0, leading > 2.25 ? places + 1 : places);
}

/** Round half up and pad with zeros; numbers beyond 1e21 stay in exponent form, infinities are signs. */
export function fixed(value: number, decimals?: Decimals): string {
  if (value === null) return "";
  if (value === Infinity || value === -Infinity) return value.toLocaleString();
  const places = decimals ?? autoDecimals(value);
  if (value === 0) return value.toFixed(Math.max(0, places));
  const scale = places ? 10 ** Math.max(0, places) : 1;
  const text = String(Math.round(value * scale) / scale);
  if (text.includes("e")) return text;
  const dot = text.indexOf(".");
  const have = dot < 0 ? 0 : text.length - dot - 1;
  if (!(have < places)) return text;
  return (have ? text : text + ".") + "0".repeat(places - have);
}
