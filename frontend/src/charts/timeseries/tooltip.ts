/** The box beside the pointer: the time and one or all series' values there, and where it lies. */
import { formatMoment } from "../../lib/time/moment";
import { textOf } from "../display/processor";
import { seriesLine } from "../kinds/legend";
import { type TreeElement, h } from "../tree";
import { type Plan, type PlannedSeries, isDrawn } from "./plan";

export interface TooltipOptions {
  mode?: string;
  sort?: string;
  hideZeros?: boolean;
}

export interface TooltipRow {
  series: PlannedSeries;
  value: number;
  focused: boolean;
}

/** Rows for a place on the time axis; in single mode the nearest series alone. */
export function tooltipRows(made: Plan, options: TooltipOptions, at: number, nearest: number | null): TooltipRow[] {
  const rows = made.series.flatMap((series, index): TooltipRow[] => {
    const value = series.read[at];
    if (!series.inTooltip || !isDrawn(series) || typeof value !== "number") return [];
    if (options.hideZeros && value === 0) return [];
    if (options.mode !== "multi" && nearest !== null && index !== nearest) return [];
    return [{ series, value, focused: index === nearest }];
  });
  if (options.mode !== "multi") return rows.slice(0, 1);
  if (options.sort === "asc") rows.sort((a, b) => a.value - b.value);
  if (options.sort === "desc") rows.sort((a, b) => b.value - a.value);
  return rows;
}

/** The drawn series closest to the pointer at a time; `positionOf` is a value's distance in px from the plot's top. */
export function nearestSeries(made: Plan, at: number, top: number, positionOf: (value: number, scale: string) => number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  made.series.forEach((series, index) => {
    const value = series.drawn[at];
    if (!isDrawn(series) || typeof value !== "number") return;
    const away = Math.abs(positionOf(value, series.scale) - top);
    if (away < distance) [best, distance] = [index, away];
  });
  return best;
}

function rowOf({ series, value, focused }: TooltipRow, alone: boolean): TreeElement {
  return h("div", { class: focused && !alone ? "dw-tooltip-row dw-focused" : "dw-tooltip-row" }, seriesLine(series.color),
    h("span", { class: "dw-tooltip-name" }, series.name),
    h("span", { class: "dw-tooltip-value" }, textOf(series.format(value))));
}

export function tooltipTree(rows: readonly TooltipRow[], time: number, timeZone: string): TreeElement {
  return h("div", { class: "dw-tooltip", role: "status" },
    h("div", { class: "dw-tooltip-time" }, formatMoment(time, "YYYY-MM-DD HH:mm:ss", timeZone)),
    h("div", { class: "dw-tooltip-rows" }, ...rows.map((row) => rowOf(row, rows.length === 1))));
}

const OFFSET_PX = 12;
const EDGE_PX = 4;

/** Where the box begins along one direction: behind the pointer, before it where the window ends, always within. */
export function besidePointer(pointer: number, size: number, window: number): number {
  const behind = pointer + OFFSET_PX;
  return Math.round(Math.max(EDGE_PX, behind + size > window - EDGE_PX ? pointer - OFFSET_PX - size : behind));
}
