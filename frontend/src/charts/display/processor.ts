/** One value of a field as the reader sees it: text with unit, colour, and its share of the field's range. */
import { type Theme, classicPalette, colorByName } from "./colors";
import type { Field, Range } from "./field";
import { colorMode, colorAlong } from "./fieldcolor";
import { mapValue } from "./mappings";
import { type Decimals, type FormatContext, type Formatted, joined } from "./number";
import { reduce } from "./reducers";
import { thresholdColor } from "./thresholds";
import { isDateUnit, unitFormat } from "./units";

export interface Display extends Formatted {
  numeric: number;
  color: string;
  /** Share of the range, 0 to 1 within it; absent when a mapping chose the colour. */
  percent?: number;
}

export type Processor = (value: unknown, adjacentDecimals?: Decimals) => Display;

/** Text of a display value, prefix and suffix included. */
export const textOf = joined;

/** Any value as a number, as Grafana reads it: nothing, empty text and lists are NaN. */
export function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (value === "" || value === null || value === undefined || Array.isArray(value)) return NaN;
  return Number(typeof value === "string" ? value.trim() : value);
}

/** The range a share is taken of: configured limits first, the field's own values otherwise. */
export function rangeOf(field: Field): Range {
  if (field.range) return field.range;
  if (field.type !== "number") return { min: 0, max: 100 };
  const { min, max } = field.config;
  const found = field.values.length > 0;
  const limit = (given: number | null | undefined, reducer: "min" | "max", otherwise: number): number =>
    typeof given === "number" ? given : found ? (reduce(field.values, reducer) as number) : otherwise;
  if (typeof min === "number" && typeof max === "number") return { min, max };
  return found ? { min: limit(min, "min", 0), max: limit(max, "max", 100) } : { min: 0, max: 100 };
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((part) => (part === null || part === undefined ? "" : String(part))).join(", ");
  return Object.is(value, -0) ? "-0" : String(value);
}

interface Scale {
  color: string;
  percent: number;
}

/** Colour and share for a number; minus infinity asks for the lowest step's colour. */
export function scaleOf(field: Field, theme: Theme): (value: number) => Scale {
  if (field.type === "boolean") {
    const mode = field.config.color?.mode ?? "";
    const yes = colorAlong(mode, 1, theme) ?? colorByName("green", theme);
    const no = colorAlong(mode, 0, theme) ?? colorByName("red", theme);
    return (value) => (value ? { color: yes, percent: 1 } : { color: no, percent: 0 });
  }
  const color = colorMode(field.config.color, theme, field.seriesIndex ?? 0, field.displayName ?? field.name);
  const { min, max } = rangeOf(field);
  return (value) => {
    const share = value === -Infinity ? 0 : (value - min) / (max - min);
    const percent = Number.isNaN(share) ? 0 : share;
    return { percent, color: color(percent, thresholdColor(field.config.thresholds, value, percent)) };
  };
}

function unitOf(field: Field): string | undefined {
  const { unit } = field.config;
  if (field.type === "time" && !isDateUnit(unit)) return "dateTimeAsSystem";
  if (field.type === "boolean" && !unit?.startsWith("bool")) return "bool";
  if (field.type === "string" && !unit) return "string";
  return unit;
}

/** Milliseconds matter only when a time column spans less than a minute. */
function needsMs(field: Field): boolean {
  if (field.type !== "time" || field.values.length < 2) return false;
  const [from, to] = [Number(field.values[0]), Number(field.values[field.values.length - 1])];
  return Math.abs(to - from) < 60000;
}

/** How this field's values are shown; `adjacentDecimals` is what neighbouring axis ticks use. */
export function processor(field: Field, theme: Theme, context: FormatContext = {}): Processor {
  const { config } = field;
  const unit = unitOf(field);
  const isDate = isDateUnit(unit) || unit === "dateTimeAsSystem";
  const format = unitFormat(unit || "none");
  const scale = scaleOf(field, theme);
  const shown: FormatContext = { ...context, showMs: needsMs(field) };
  const trims =
    !isDate && !unit?.startsWith("currency") && !unit?.startsWith("bool") && unit !== "locale" &&
    field.type === "number" && (config.decimals === null || config.decimals === undefined);

  const print = (numeric: number, adjacent: Decimals): Formatted => {
    if (!trims || adjacent === null || adjacent === undefined) return format(numeric, config.decimals, shown);
    const formatted = format(numeric, adjacent, shown);
    const number = Number(formatted.text);
    return Number.isNaN(number) ? formatted : { ...formatted, text: String(number) };
  };

  return (given, adjacent) => {
    const value = isDate && typeof given === "string" ? Date.parse(given) : given;
    const numeric = unit === "string" ? NaN : toNumber(value);
    const mapped = config.mappings?.length ? mapValue(config.mappings, value) : null;
    let formatted: Formatted | undefined = typeof mapped?.text === "string" ? { text: mapped.text } : undefined;
    let color = mapped?.color ? colorByName(mapped.color, theme) : undefined;
    let percent: number | undefined;
    if (!Number.isNaN(numeric)) {
      if (!formatted && typeof value !== "boolean") formatted = print(numeric, adjacent);
      if (color === undefined) ({ color, percent } = scale(numeric));
    }
    formatted ??= { text: plainText(value) || config.noValue || "" };
    if (!color) ({ color, percent } = scale(-Infinity));
    return { ...formatted, numeric, color, ...(percent === undefined ? {} : { percent }) };
  };
}

/** Colour of a whole series: its own, or in by-value modes that of its last (min, max) value. */
export function seriesColor(field: Field, theme: Theme): string {
  const by = field.config.color?.seriesBy ?? "last";
  const value = reduce(field.values, by);
  return scaleOf(field, theme)(typeof value === "number" ? value : 0).color || classicPalette(theme)[0]!;
}
