/** The stat panel: big numbers with their names, colour and a small graph behind them. */
import { type Theme, brighten, colorByName, darken, parseColor, spin } from "../display/colors";
import { textOf } from "../display/processor";
import type { ReducedValue } from "../frames/reduced";
import type { TextWidth } from "../browser";
import { type TreeElement, h } from "../tree";
import { type Draw, type PanelData, option } from "./chart";
import { type Box, lineUp, placed, tile } from "./repeat";
import { sparkline } from "./sparkline";
import { fontSizeFor } from "./text-size";
import { type TextOptions, longest, shownText, valuesOf } from "./values";

const LINE_HEIGHT = 1.2;
const MOST_TITLE_PX = 30;
const VALUE_WEIGHT = 500;
const GAP_PX = 8;

interface Sizes {
  title: number;
  value: number;
  chart: number;
  wide: boolean;
  padding: number;
}

/** Type sizes for a box: beside each other when it is wide, title over value otherwise. */
export function statSizes(textWidth: TextWidth, box: { width: number; height: number }, title: string, value: string, hasChart: boolean, hasChange: boolean, text: TextOptions): Sizes {
  const padding = box.height > 100 ? 12 : box.height > 50 ? 8 : 4;
  const width = box.width - padding * 2;
  const height = box.height - padding * 2;
  const wide = box.width / box.height > 2.5;
  const chart = hasChart && (wide ? box.height > 50 : box.height > 100);
  const sizes: Sizes = { title: 0, value: 0, chart: 0, wide, padding };
  const fit = (words: string, w: number, h: number, most?: number, weight?: number): number =>
    words ? fontSizeFor(textWidth, words, Math.max(1, w), Math.max(1, h), LINE_HEIGHT, most, weight) : 0;
  const room = hasChange ? 0.75 : 1;
  if (wide) {
    sizes.value = fit(value, width * (chart ? 0.4 : title ? 0.3 : 1), height * (chart ? 0.5 : 1) * room, undefined, VALUE_WEIGHT);
    sizes.title = fit(title, width * 0.6, height * (chart ? 0.4 : 1), MOST_TITLE_PX);
    sizes.title = Math.min(sizes.title, Math.max(sizes.value * 0.7, 12));
    sizes.chart = chart ? box.height * 0.5 : 0;
  } else {
    sizes.title = fit(title, width, box.height * 0.15, MOST_TITLE_PX);
    const left = height - (chart ? box.height * 0.25 : 0) - sizes.title * LINE_HEIGHT;
    sizes.value = fit(value, width, left * room, undefined, VALUE_WEIGHT);
    sizes.title = Math.min(sizes.title, Math.max(sizes.value * 0.7, 10));
    sizes.chart = chart ? Math.max(0, box.height - (sizes.title + sizes.value) * LINE_HEIGHT - padding) : 0;
  }
  if (text.titleSize) sizes.title = text.titleSize;
  if (text.valueSize) sizes.value = text.valueSize;
  return sizes;
}

/** Dark type on bright fills, light type on others, by perceived brightness. */
function onFill(color: string, theme: Theme): string {
  const { r, g, b, a } = parseColor(color);
  const bright = (r * 299 + g * 587 + b * 114) / 1000;
  if (a < 0.3) return theme === "dark" ? "var(--dw-on-fill-light)" : "var(--dw-on-fill-dark)";
  return bright > 180 ? "var(--dw-on-fill-dark)" : "var(--dw-on-fill-light)";
}

function background(color: string, theme: Theme): string {
  const factor = theme === "dark" ? 1 : -0.7;
  return `linear-gradient(120deg, ${spin(darken(color, 15 * factor), 8)}, ${spin(darken(color, 5 * factor), -8)})`;
}

interface StatLook {
  color: string;
  graph: boolean;
  mode: string;
  justify: string;
  change: boolean;
  text: TextOptions;
}

function words(value: ReducedValue, mode: string, count: number): { title: string; text: string } {
  const text = textOf(value.display);
  const effective = mode === "auto" ? (count === 1 ? "value" : "value_and_name") : mode;
  if (effective === "name") return { title: "", text: value.title };
  if (effective === "value") return { title: "", text };
  if (effective === "none") return { title: "", text: "" };
  return { title: value.title, text };
}

function changeText(percent: number): string {
  return `${percent > 0 ? "▲" : percent < 0 ? "▼" : ""} ${Math.abs(Math.round(percent * 10) / 10)}%`.trim();
}

/** What all boxes of a panel share: its look, and the longest texts, so that all are set in one size. */
interface Shared {
  look: StatLook;
  count: number;
  titleFor: string;
  valueFor: string;
}

function changeOf(percent: number, size: number, color: string): TreeElement {
  return h("div", { class: "dw-stat-change", style: { "font-size": `${Math.max(size / 2.5, 12)}px`, color } }, changeText(percent));
}

function statBox(value: ReducedValue, data: PanelData, { look, count, titleFor, valueFor }: Shared, box: Box): TreeElement {
  const { theme } = data;
  const { title, text } = words(value, look.mode, count);
  const { color } = value.display;
  const filled = look.color === "background" || look.color === "background_solid";
  const hasChart = look.graph && value.time !== undefined && value.field.type === "number" && value.field.values.length > 1;
  const change = look.change ? value.percentChange : null;
  const sizes = statSizes(data.browser.textWidth, box, title ? titleFor : "", valueFor, hasChart, change !== null, look.text);
  const ink = filled ? onFill(color, theme) : look.color === "none" ? null : color;
  const spark = sizes.chart > 0
    ? sparkline(value.time!, value.field, data.range, Math.floor(box.width), Math.floor(sizes.chart), filled ? brighten(color, 40) : color, filled ? "rgba(255,255,255,0.4)" : undefined)
    : null;
  return h("div", {
    class: "dw-stat",
    "data-layout": sizes.wide ? "wide" : "stacked",
    "data-justify": look.justify === "center" || !title ? "center" : "auto",
    "data-chart": spark && "",
    style: {
      ...placed(box),
      padding: `${filled || !data.panel.title ? sizes.padding : 0}px ${sizes.padding}px ${sizes.padding}px`,
      background: look.color === "background" ? background(color, theme) : filled ? color : null,
    },
  }, spark, h("div", { class: "dw-stat-words" },
    title ? h("div", { class: "dw-stat-title", title, style: { "font-size": `${sizes.title}px`, color: filled ? ink : null } }, title) : null,
    h("div", { class: "dw-stat-value", "data-value-text": "", style: { "font-size": `${sizes.value}px`, color: ink } }, text),
    change === null ? null : changeOf(change, sizes.value, filled && ink ? ink : colorByName(change > 0 ? "green" : "red", theme))));
}

function lookOf({ panel }: PanelData): StatLook {
  return {
    color: option(panel, "colorMode", "value"),
    graph: option<string>(panel, "graphMode", "area") !== "none",
    mode: option(panel, "textMode", "auto"),
    justify: option(panel, "justifyMode", "auto"),
    change: option(panel, "showPercentChange", false),
    text: option<TextOptions>(panel, "text", {}),
  };
}

export const drawStat: Draw = (data, { width, height }) => {
  const values = valuesOf(data);
  const look = lookOf(data);
  const orientation = option<string>(data.panel, "orientation", "auto");
  const boxes = orientation === "auto" || !orientation
    ? tile(values.length, width, height, GAP_PX)
    : lineUp(values.length, width, height, GAP_PX, orientation === "horizontal" ? "horizontal" : "vertical");
  const shared: Shared = {
    look,
    count: values.length,
    titleFor: longest(values, (value) => value.title),
    valueFor: longest(values, (value) => (look.mode === "name" ? value.title : shownText(value))),
  };
  return h("div", { class: "dw-values" }, ...values.map((value, at) => statBox(value, data, shared, boxes[at]!)));
};
