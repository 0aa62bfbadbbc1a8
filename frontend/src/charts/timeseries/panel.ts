/** What lies in a time series panel besides uPlot's canvas: its elements, its legend's entries, and the legend's room. */
import type { PanelData, Size } from "../kinds/chart";
import type { LegendItem, LegendOptions, LegendRoom } from "../kinds/legend";
import { type TreeElement, h } from "../tree";
import type { Plan } from "./plan";

const LEGEND_SHARE_BOTTOM = 0.35;
const LEGEND_SHARE_RIGHT = 0.5;
const MIN_CHART_FOR_LEGEND_PX = 110;
const MIN_WIDTH_FOR_RIGHT_PX = 360;

/** The panel's elements; uPlot draws into the first of them, of whose inside the tree knows nothing. */
export function timeSeriesTree(right: boolean, legend: TreeElement | null): TreeElement {
  return h("div", { class: "dw-timeseries", "data-legend": right ? "right" : "bottom" }, h("div", { class: "dw-chart" }), legend);
}

/** How much room the legend has; null when the panel is too small for one. */
export function legendRoom(options: LegendOptions, { width, height }: Size): LegendRoom | null {
  const right = options.placement === "right" && width >= MIN_WIDTH_FOR_RIGHT_PX;
  if (right) return { right, maxWidth: Math.floor(options.width ? Math.min(options.width, width * 0.6) : width * LEGEND_SHARE_RIGHT), maxHeight: height };
  return height < MIN_CHART_FOR_LEGEND_PX ? null : { right, maxWidth: null, maxHeight: Math.floor(height * LEGEND_SHARE_BOTTOM) };
}

export function legendItems(made: Plan, hidden: ReadonlySet<string>): LegendItem[] {
  return made.series.filter(({ inLegend }) => inLegend).map((series) => ({
    name: series.name, color: series.color, field: series.field, off: hidden.has(series.name),
    right: made.scales.find(({ key }) => key === series.scale)?.side === 1,
  }));
}

/** Two plans of one shape differ in their data alone. */
export function shapeOf(made: Plan, { theme, timeZone }: PanelData): string {
  return JSON.stringify([
    made.series.map(({ name, color, scale, drawn, field }) => [name, color, scale, drawn.length > 0, field.config.custom]),
    made.scales.map(({ key, side }) => [key, side]), theme, timeZone, made.series.length,
  ]);
}
