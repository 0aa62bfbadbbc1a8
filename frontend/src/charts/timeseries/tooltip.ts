/** The box beside the pointer: the time and one or all series' values there. */
import type uPlot from "uplot";
import { formatMoment } from "../display/moment";
import { textOf } from "../display/processor";
import { element } from "../kinds/view";
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

/** The drawn series closest to the pointer (canvas-independent pixels from the plot's top). */
function nearestSeries(plot: uPlot, made: Plan, at: number, top: number): number | null {
  let best: number | null = null;
  let distance = Infinity;
  made.series.forEach((series, index) => {
    const value = series.drawn[at];
    if (!isDrawn(series) || typeof value !== "number") return;
    const away = Math.abs(plot.valToPos(value, series.scale) - top);
    if (away < distance) [best, distance] = [index, away];
  });
  return best;
}

const OFFSET = 12;

/** Owns the tooltip's element; lives as long as its chart. */
export class Tooltip {
  private readonly box = element("div", { class: "dw-tooltip", role: "status" });

  show(plot: uPlot, made: Plan, options: TooltipOptions, timeZone: string): void {
    const { idx, left, top } = plot.cursor;
    if (options.mode === "none" || idx === null || idx === undefined || left === undefined || left < 0 || top === undefined) {
      this.hide();
      return;
    }
    const rows = tooltipRows(made, options, idx, nearestSeries(plot, made, idx, top));
    if (rows.length === 0) {
      this.hide();
      return;
    }
    const list = element("div", { class: "dw-tooltip-rows" });
    for (const { series, value, focused } of rows) {
      const line = element("span", { class: "dw-legend-line" });
      line.style.setProperty("--dw-series", series.color);
      list.append(element("div", { class: focused && rows.length > 1 ? "dw-tooltip-row dw-focused" : "dw-tooltip-row" }, line,
        element("span", { class: "dw-tooltip-name" }, series.name),
        element("span", { class: "dw-tooltip-value" }, textOf(series.format(value)))));
    }
    this.box.replaceChildren(
      element("div", { class: "dw-tooltip-time" }, formatMoment(plot.data[0]![idx]!, "YYYY-MM-DD HH:mm:ss", timeZone)), list);
    if (!this.box.isConnected) document.body.append(this.box);
    this.place(plot, left, top);
  }

  private place(plot: uPlot, left: number, top: number): void {
    const over = plot.over.getBoundingClientRect();
    const { offsetWidth, offsetHeight } = this.box;
    let x = over.left + left + OFFSET;
    if (x + offsetWidth > innerWidth - 4) x = over.left + left - OFFSET - offsetWidth;
    let y = over.top + top + OFFSET;
    if (y + offsetHeight > innerHeight - 4) y = over.top + top - OFFSET - offsetHeight;
    this.box.style.transform = `translate(${Math.round(Math.max(4, x))}px, ${Math.round(Math.max(4, y))}px)`;
  }

  hide(): void {
    this.box.remove();
  }
}
