/** The pie chart: shares of a whole as slices or a ring, with a legend of values and percents. */
import { classicPalette, readableOn } from "../display/colors";
import { isByValue } from "../display/fieldcolor";
import { textOf } from "../display/processor";
import type { ReducedValue } from "../frames/reduced";
import { isLegendShown } from "./legend";
import { valuesOf } from "./values";
import { type MountPanel, type PanelData, element, option, svgElement } from "./view";

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

function legendOf(slices: readonly Slice[], options: PieLegend): HTMLElement {
  const list = element("ul", { class: "dw-pie-legend" });
  for (const slice of slices) {
    const line = element("span", { class: "dw-legend-line" });
    line.style.setProperty("--dw-series", slice.color);
    const row = element("li", { "data-series-name": slice.value.title }, line, element("span", { class: "dw-legend-text" }, slice.value.title));
    for (const kind of options.values ?? []) {
      row.append(element("span", { class: "dw-legend-stat" }, kind === "percent" ? percentText(slice) : textOf(slice.value.display)));
    }
    list.append(row);
  }
  return list;
}

export const mountPie: MountPanel = (host) => {
  const root = element("div", { class: "dw-pie" });
  host.append(root);
  return {
    draw(data, width, height) {
      const legend = option<PieLegend>(data.panel, "legend", {});
      const labels = option<string[]>(data.panel, "displayLabels", []);
      const slices = colored(slicesOf(valuesOf(data), option<string>(data.panel, "sort", "desc")), data);
      const right = legend.placement === "right" && width > 260;
      root.dataset["legend"] = right ? "right" : "bottom";
      const hasLegend = isLegendShown(legend) && slices.length > 0;
      const list = hasLegend ? legendOf(slices, legend) : null;
      root.replaceChildren(...(list ? [list] : []));
      if (list && right) list.style.maxWidth = `${Math.floor(width * 0.5)}px`;
      if (list && !right) list.style.maxHeight = `${Math.floor(height * 0.35)}px`;
      const wide = Math.max(40, width - (list && right ? list.offsetWidth + 8 : 0));
      const high = Math.max(40, height - (list && !right ? list.offsetHeight + 4 : 0));
      const radius = Math.floor(Math.min(wide, high) / 2) - 2;
      const hole = option<string>(data.panel, "pieType", "pie") === "donut" ? Math.floor(radius * 0.6) : 0;
      const svg = svgElement("svg", { width: wide, height: high, viewBox: `${-wide / 2} ${-high / 2} ${wide} ${high}`, role: "img", "aria-label": data.panel.title ?? "Pie chart" });
      for (const slice of slices) {
        const path = svgElement("path", { d: slicePath(radius, hole, slice.from, slice.to), fill: slice.color, class: "dw-slice", "data-value-text": textOf(slice.value.display) });
        path.append(svgElement("title", {}, `${slice.value.title}: ${textOf(slice.value.display)} (${percentText(slice)})`));
        svg.append(path);
        if (labels.length === 0 || slice.to - slice.from < 0.04) continue;
        const angle = ((slice.from + slice.to) / 2) * 2 * Math.PI - Math.PI / 2;
        const reach = (radius + hole) / 2 + (hole ? 0 : radius * 0.1);
        const words = labels.map((kind) => (kind === "name" ? slice.value.title : kind === "percent" ? percentText(slice) : textOf(slice.value.display)));
        svg.append(svgElement("text", { x: (reach * Math.cos(angle)).toFixed(1), y: (reach * Math.sin(angle)).toFixed(1), class: "dw-slice-label", "text-anchor": "middle", "dominant-baseline": "central", fill: readableOn(slice.color) }, words.join(" ")));
      }
      root.prepend(svg);
    },
    destroy: () => root.remove(),
  };
};
