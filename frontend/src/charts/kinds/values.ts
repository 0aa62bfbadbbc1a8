/** What stat, gauge, bar gauge and pie have in common: their reduced values, ready to show. */
import { textOf } from "../display/processor";
import { type ReduceOptions, type ReducedValue, reducedValues } from "../frames/reduced";
import { type PanelData, formatContext, option } from "./chart";

export interface TextOptions {
  titleSize?: number;
  valueSize?: number;
}

export function valuesOf(data: PanelData): ReducedValue[] {
  const reduce = option<ReduceOptions>(data.panel, "reduceOptions", { calcs: ["lastNotNull"] });
  return reducedValues(data.frames, reduce, data.panel.fieldConfig, data.theme, formatContext(data));
}

/** The longest text among the values, so that all are set in one size. */
export function longest(values: readonly ReducedValue[], text: (value: ReducedValue) => string): string {
  return values.reduce((best, value) => (text(value).length > best.length ? text(value) : best), "");
}

export const shownText = (value: ReducedValue): string => textOf(value.display);
