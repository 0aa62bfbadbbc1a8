/** Single values out of frames, for stats, gauges, bar gauges and pies: one per field and calculation, or one per row. */
import type { Theme } from "../display/colors";
import { colorByName } from "../display/colors";
import type { Field, Frame } from "../display/field";
import type { FormatContext } from "../display/number";
import { type Display, processor } from "../display/processor";
import { canonicalReducer, reduce } from "../display/reducers";
import type { FieldConfigSource } from "./document";
import { fieldMatcher } from "./matchers";
import { displayNameOf, fillName } from "./names";

export interface ReduceOptions {
  values?: boolean;
  limit?: number;
  calcs?: string[];
  fields?: string;
}

export interface ReducedValue {
  title: string;
  display: Display;
  field: Field;
  /** The time column beside the field, for a sparkline; absent for rows. */
  time?: Field;
  /** First to last in percent, null when it cannot be told. */
  percentChange: number | null;
}

const DEFAULT_LIMIT = 25;

function rowName(frame: Frame, field: Field, row: number, frames: readonly Frame[]): string {
  const { displayName } = field.config;
  if (displayName) return fillName(displayName, field, frame, frames, row);
  const others = frame.fields.filter((each) => each !== field);
  const words = others.filter((each) => each.type === "string").map((each) => String(each.values[row] ?? "")).filter(Boolean);
  if (others.some((each) => each.type === "number") || words.length === 0) words.push(displayNameOf(field, frame));
  return words.join(" ");
}

function overrideColor(name: string, source: FieldConfigSource | undefined, theme: Theme): string | undefined {
  for (const rule of source?.overrides ?? []) {
    if (rule.matcher?.id !== "byName" || rule.matcher.options !== name) continue;
    const color = rule.properties?.find((property) => property.id === "color")?.value as { fixedColor?: string } | undefined;
    if (color) return colorByName(color.fixedColor, theme);
  }
  return undefined;
}

/** The values a panel shows; empty when there is nothing to show. */
export function reducedValues(
  frames: readonly Frame[],
  options: ReduceOptions | undefined,
  source: FieldConfigSource | undefined,
  theme: Theme,
  context: FormatContext,
): ReducedValue[] {
  const matches = options?.fields ? fieldMatcher("byRegexp", options.fields) : fieldMatcher("numeric", undefined);
  const calcs = (options?.calcs?.length ? options.calcs : ["last"]).map(canonicalReducer);
  const limit = options?.limit || DEFAULT_LIMIT;
  const values: ReducedValue[] = [];
  for (const frame of frames) {
    const time = frame.fields.find((field) => field.type === "time");
    for (const field of frame.fields) {
      if (values.length >= limit || !matches(field, frame, frames)) continue;
      if (options?.values) {
        for (let row = 0; row < field.values.length && values.length < limit; row += 1) {
          const own: Field = { ...field, seriesIndex: values.length };
          const title = rowName(frame, field, row, frames);
          const display = processor(own, theme, context)(field.values[row]);
          const color = overrideColor(title, source, theme);
          values.push({ title, display: color ? { ...display, color } : display, field: own, percentChange: null });
        }
        continue;
      }
      const show = processor(field, theme, context);
      const change = reduce(field.values, "diffperc");
      for (const calc of calcs) {
        values.push({
          title: field.displayName ?? displayNameOf(field, frame, frames),
          display: show(reduce(field.values, calc)),
          field,
          ...(time ? { time } : {}),
          percentChange: typeof change === "number" && Number.isFinite(change) ? change : null,
        });
      }
    }
  }
  return values;
}
