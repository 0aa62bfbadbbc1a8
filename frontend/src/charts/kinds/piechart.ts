/** The pie chart: shares of a whole as slices or a ring, with a legend of values and percents. */
import { classicPalette, readableOn } from "../display/colors";
import { isByValue } from "../display/fieldcolor";
import { textOf } from "../display/processor";
import type { ReducedValue } from "../frames/reduced";
import type { TextWidth } from "../browser";
import { type TreeElement, h, svg } from "../tree";
import { type Draw, type PanelData, type Size, option } from "./chart";
import { isLegendShown, seriesLine } from "./legend";
import { valuesOf } from "./values";

export interface Slice {
  value: ReducedValue;
  color: string;
  from: number;
  to: number;
}

/** Slices of a turn (0–1), from values above zero, in the wanted order. */
export function slicesOf(values: readonly ReducedValue[], sort: string): Slice[] {
  const shown = values.filter(({ display }) => display.numeric > 0);
  if (sort === "asc") shown.sort((a, b) => a.display.numeric - b.display.numeric);
  else if (sort === "desc") shown.sort((a, b) => b.display.numeric - a.display.numeric);
  const total = shown.reduce((sum, { display }) => sum + display.numeric, 0);
  let at = 0;
  return shown.map((value) => {
    const from = at;
    at += value.display.numeric / total;
    return { value, color: value.display.color, from, to: at };
  });
}

/** SVG path of a slice around (0, 0); a whole turn is drawn as two halves. */
export function slicePath(radius: number, hole: number, from: number, to: number): string {
  if (to - from > 0.9999) return slicePath(radius, hole, from, from + 0.5) + slicePath(radius, hole, from + 0.5, from + 0.9999);
  const point = (r: number, turn: number): string => {
    const angle = turn * 2 * Math.PI - Math.PI / 2;
    return `${(r * Math.cos(angle)).toFixed(2)} ${(r * Math.sin(angle)).toFixed(2)}`;
  };
  const large = to - from > 0.5 ? 1 : 0;
  const inner = hole > 0 ? `L${point(hole, to)}A${hole} ${hole} 0 ${large} 0 ${point(hole, from)}Z` : "L0 0Z";
  return `M${point(radius, from)}A${radius} ${radius} 0 ${large} 1 ${point(radius, to)}${inner}`;
}

interface PieLegend {
  showLegend?: boolean;
  displayMode?: string;
  placement?: string;
  values?: string[];
}

const percentText = (slice: Slice): string => `${Math.round((slice.to - slice.from) * 100)}%`;

function colored(slices: readonly Slice[], data: PanelData): Slice[] {
  // Slices of one colour cannot be told apart: a by-value mode falls back to the palette as in Grafana's default.
  if (!isByValue(data.panel.fieldConfig?.defaults?.color?.mode) || data.panel.fieldConfig?.defaults?.color?.mode) return [...slices];
  const palette = classicPalette(data.theme);
  return slices.map((slice, at) => ({ ...slice, color: palette[at % palette.length]! }));
}

/** The values a slice's row shows beside its name. */
const statsOf = (slice: Slice, kinds: readonly string[]): string[] =>
  kinds.map((kind) => (kind === "percent" ? percentText(slice) : textOf(slice.value.display)));

function legendOf(slices: readonly Slice[], options: PieLegend, limit: { "max-width"?: string; "max-height"?: string }): TreeElement {
  return h("ul", { class: "dw-pie-legend", style: limit }, ...slices.map((slice) =>
    h("li", { "data-series-name": slice.value.title }, seriesLine(slice.color), h("span", { class: "dw-legend-text" }, slice.value.title),
      ...statsOf(slice, options.values ?? []).map((text) => h("span", { class: "dw-legend-stat" }, text)))));
}

/** Sizes that the legend's style sheet gives its rows, px. */
const ROW = { type: 12, height: 18, line: 14, gap: 8, between: 12, above: 4 };

/** Width and height the legend takes, as the browser will lay it out: a column at the right, wrapped rows below. */
export function legendSize(slices: readonly Slice[], options: PieLegend, right: boolean, { width, height }: Size, textWidth: TextWidth): Size {
  const widths = slices.map((slice) => [slice.value.title, ...statsOf(slice, options.values ?? [])]
    .reduce((sum, text) => sum + ROW.gap + textWidth(text, ROW.type), ROW.line));
  if (right) return { width: Math.round(Math.min(Math.max(...widths) + ROW.gap, Math.floor(width * 0.5))), height };
  let rows = 1;
  let used = 0;
  for (const wide of widths) {
    const after = used === 0 ? wide : used + ROW.between + wide;
    if (after > width && used > 0) rows += 1;
    used = after > width && used > 0 ? wide : after;
  }
  return { width, height: Math.min(ROW.above + rows * ROW.height, Math.floor(height * 0.35)) };
}

function labelOf(slice: Slice, kinds: readonly string[], radius: number, hole: number): TreeElement {
  const angle = ((slice.from + slice.to) / 2) * 2 * Math.PI - Math.PI / 2;
  const reach = (radius + hole) / 2 + (hole ? 0 : radius * 0.1);
  const words = kinds.map((kind) => (kind === "name" ? slice.value.title : kind === "percent" ? percentText(slice) : textOf(slice.value.display)));
  return svg("text", {
    x: (reach * Math.cos(angle)).toFixed(1), y: (reach * Math.sin(angle)).toFixed(1), class: "dw-slice-label", "text-anchor": "middle",
    "dominant-baseline": "central", fill: readableOn(slice.color),
  }, words.join(" "));
}

function pieOf(slices: readonly Slice[], { panel }: PanelData, { width, height }: Size): TreeElement {
  const labels = option<string[]>(panel, "displayLabels", []);
  const radius = Math.floor(Math.min(width, height) / 2) - 2;
  const hole = option<string>(panel, "pieType", "pie") === "donut" ? Math.floor(radius * 0.6) : 0;
  const parts = slices.flatMap((slice) => {
    const shown = textOf(slice.value.display);
    const path = svg("path", { d: slicePath(radius, hole, slice.from, slice.to), fill: slice.color, class: "dw-slice", "data-value-text": shown },
      svg("title", {}, `${slice.value.title}: ${shown} (${percentText(slice)})`));
    return labels.length === 0 || slice.to - slice.from < 0.04 ? [path] : [path, labelOf(slice, labels, radius, hole)];
  });
  return svg("svg", { width, height, viewBox: `${-width / 2} ${-height / 2} ${width} ${height}`, role: "img", "aria-label": panel.title ?? "Pie chart" }, ...parts);
}

export const drawPie: Draw = (data, { width, height }) => {
  const options = option<PieLegend>(data.panel, "legend", {});
  const slices = colored(slicesOf(valuesOf(data), option<string>(data.panel, "sort", "desc")), data);
  const right = options.placement === "right" && width > 260;
  const hasLegend = isLegendShown(options) && slices.length > 0;
  const legend = hasLegend ? legendSize(slices, options, right, { width, height }, data.browser.textWidth) : null;
  const limit = right ? { "max-width": `${Math.floor(width * 0.5)}px` } : { "max-height": `${Math.floor(height * 0.35)}px` };
  return h("div", { class: "dw-pie", "data-legend": right ? "right" : "bottom" },
    pieOf(slices, data, {
      width: Math.max(40, width - (legend && right ? legend.width + 8 : 0)),
      height: Math.max(40, height - (legend && !right ? legend.height + 4 : 0)),
    }),
    legend ? legendOf(slices, options, limit) : null);
};
