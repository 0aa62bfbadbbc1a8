/** Decides what a time series panel draws: series, scales and axes, without touching a canvas. */
import { type Theme } from "../display/colors";
import type { Field } from "../display/field";
import type { FormatContext } from "../display/number";
import { type Processor, processor, seriesColor } from "../display/processor";
import type { Frame } from "../display/field";
import { custom, hiddenFrom } from "../frames/overrides";
import { type Aligned, type Sample, align, applyTransform } from "./align";
import { type Stacked, stack } from "./stack";

export interface PlannedSeries {
  name: string;
  color: string;
  field: Field;
  scale: string;
  /** Values drawn (stacked, mirrored) and values as read, for the tooltip. */
  drawn: Sample[];
  read: Sample[];
  stacked: Stacked;
  format: Processor;
  inLegend: boolean;
  inTooltip: boolean;
}

export interface PlannedScale {
  key: string;
  field: Field;
  format: Processor;
  /** 3 is left, 1 right; null has no axis. */
  side: 1 | 3 | null;
  label: string;
  log: 2 | 10 | null;
  symlog: boolean;
  min: number | null;
  max: number | null;
  softMin: number | null;
  softMax: number | null;
  centered: boolean;
  grid: boolean;
  color: string | null;
  binary: boolean;
  percent: boolean;
}

export interface Plan {
  times: number[];
  series: PlannedSeries[];
  scales: PlannedScale[];
}

interface Stacking {
  mode?: string;
  group?: string;
}

interface Distribution {
  type?: string;
  log?: number;
}

/** Units that count in powers of two get ticks at powers of two. */
const BINARY_UNITS = new Set(
  ("bytes bits kbytes mbytes gbytes tbytes pbytes binBps binbps KiBs Kibits MiBs Mibits GiBs Gibits TiBs Tibits PiBs Pibits").split(" "),
);

const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Fields with the same key share a scale and an axis. */
export function scaleKey(field: Field): string {
  const { unit, min, max } = field.config;
  const parts: unknown[] = [unit || "none", min ?? null, max ?? null];
  for (const name of ["axisPlacement", "axisSoftMin", "axisSoftMax", "axisLabel", "axisCenteredZero"]) {
    parts.push(custom<unknown>(field, name, null) || null);
  }
  const distribution = custom<Distribution>(field, "scaleDistribution", {});
  parts.push(distribution.type === "log" || distribution.type === "symlog" ? [distribution.type, distribution.log ?? 2] : null);
  parts.push(custom<Stacking>(field, "stacking", {}).mode === "percent");
  return JSON.stringify(parts);
}

function stackGroup(field: Field, key: string): string | null {
  const stacking = custom<Stacking>(field, "stacking", {});
  if (stacking.mode !== "normal" && stacking.mode !== "percent") return null;
  const style = [custom(field, "drawStyle", "line"), custom(field, "lineInterpolation", "linear")];
  return JSON.stringify([stacking.group ?? "A", stacking.mode, key, style]);
}

function planScale(key: string, field: Field, format: Processor, hasLeft: boolean, color: string): PlannedScale {
  const distribution = custom<Distribution>(field, "scaleDistribution", {});
  const placement = custom<string>(field, "axisPlacement", "auto");
  const side = placement === "hidden" ? null : placement === "right" || (placement !== "left" && hasLeft) ? 1 : 3;
  const percent = custom<Stacking>(field, "stacking", {}).mode === "percent";
  return {
    key,
    field,
    format,
    side,
    label: custom<string>(field, "axisLabel", ""),
    log: distribution.type === "log" ? (distribution.log === 10 ? 10 : 2) : null,
    symlog: distribution.type === "symlog",
    min: number(field.config.min),
    max: number(field.config.max),
    softMin: number(custom(field, "axisSoftMin", null)) ?? (percent && number(field.config.min) === null ? 0 : null),
    softMax: number(custom(field, "axisSoftMax", null)) ?? (percent && number(field.config.max) === null ? 1 : null),
    centered: custom(field, "axisCenteredZero", false),
    grid: custom(field, "axisGridShow", true),
    color: custom<string>(field, "axisColorMode", "text") === "series" ? color : null,
    binary: BINARY_UNITS.has(field.config.unit ?? "") && !percent,
    percent,
  };
}

/** Everything to draw, from frames that have their field configuration; `hidden` names series switched off. */
export function plan(
  frames: readonly Frame[],
  stepMs: number | null,
  theme: Theme,
  context: FormatContext,
  hidden: ReadonlySet<string>,
): Plan {
  const aligned: Aligned = align(frames, stepMs);
  const scales: PlannedScale[] = [];
  const shown = aligned.series.map((one) => ({ ...one, values: applyTransform(one), name: one.field.displayName ?? one.field.name }));
  const drawable = shown.map(({ field, name }) => !hiddenFrom(field, "viz") && !hidden.has(name));
  const keys = shown.map(({ field }) => scaleKey(field));
  const stacked = stack(shown.map(({ field, values }, at) => ({
    values,
    group: drawable[at] ? stackGroup(field, keys[at]!) : null,
    percent: custom<Stacking>(field, "stacking", {}).mode === "percent",
  })));
  const series: PlannedSeries[] = [];
  const place = new Map<number, number>();
  shown.forEach(({ field, name, values }, at) => {
    const format = processor(field, theme, context);
    const color = seriesColor(field, theme);
    const key = keys[at]!;
    const percent = custom<Stacking>(field, "stacking", {}).mode === "percent";
    if (drawable[at] && !scales.some((scale) => scale.key === key)) {
      const axisField: Field = percent ? { ...field, config: { ...field.config, unit: "percentunit", min: undefined, max: undefined } } : field;
      const axisFormat = percent ? processor(axisField, theme, context) : format;
      scales.push(planScale(key, field, axisFormat, scales.some((scale) => scale.side === 3), color));
    }
    place.set(at, series.length);
    series.push({
      name, color, field, scale: key, format,
      drawn: drawable[at] ? stacked[at]!.values : [],
      read: values,
      stacked: stacked[at]!,
      inLegend: !hiddenFrom(field, "legend"),
      inTooltip: drawable[at]! && !hiddenFrom(field, "tooltip"),
    });
  });
  return { times: aligned.times, series, scales };
}

/** True for a series that is drawn at all. */
export function isDrawn(series: PlannedSeries): boolean {
  return series.drawn.length > 0;
}

/** How many decimals a tick distance needs: 0.25 → 2. */
export function tickDecimals(increment: number): number {
  const text = String(Math.round(increment * 1e6) / 1e6);
  const dot = text.indexOf(".");
  if (text.includes("e-")) return Number(text.split("e-")[1]);
  return dot < 0 ? 0 : text.length - dot - 1;
}

const SECOND = 1000;
const DAY = 86400000;
const YEAR = 365 * DAY;

/** Pattern of the time axis' labels for a tick distance and a range, both in ms. */
export function timePattern(increment: number, range: number): string {
  if (increment < SECOND) return "HH:mm:ss.SSS";
  if (increment <= 60 * SECOND) return "HH:mm:ss";
  if (range <= DAY) return "HH:mm";
  if (increment <= DAY) return "MM/DD HH:mm";
  if (range < YEAR) return "MM/DD";
  if (Math.round(increment / DAY) === 365) return "YYYY";
  return increment <= YEAR ? "YYYY-MM" : "YYYY";
}
