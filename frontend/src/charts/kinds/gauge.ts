/** The gauge: an arc filled to the value, with the thresholds marked outside it. */
import { colorByName } from "../display/colors";
import type { ReducedValue } from "../frames/reduced";
import { processor, rangeOf, textOf } from "../display/processor";
import { colorAlong, rampColors } from "../display/fieldcolor";
import { absoluteSteps } from "../display/thresholds";
import { type Tree, type TreeElement, h, svg } from "../tree";
import { type Draw, type PanelData, formatContext, option } from "./chart";
import { type Box, lineUp, placed } from "./repeat";
import { fontSizeFor } from "./text-size";
import { type TextOptions, valuesOf } from "./values";

/** The arc spans 250°, open at the bottom. */
const SPAN = (250 / 180) * Math.PI;
const START = Math.PI / 2 + (2 * Math.PI - SPAN) / 2;
/** Height of the open arc in radii. */
const RISE = 1 + Math.cos((2 * Math.PI - SPAN) / 2);

/** Narrower gauges have no room for labels around them. */
const LEAST_FOR_LABELS_PX = 130;

const round = (value: number): number => Math.round(value * 100) / 100;

/** SVG path of a ring segment between two shares (0–1) of the arc. */
export function arcPath(cx: number, cy: number, outer: number, inner: number, from: number, to: number): string {
  const [a, b] = [START + SPAN * from, START + SPAN * to];
  const large = b - a > Math.PI ? 1 : 0;
  const at = (radius: number, angle: number): string => `${round(cx + radius * Math.cos(angle))} ${round(cy + radius * Math.sin(angle))}`;
  return `M${at(outer, a)}A${round(outer)} ${round(outer)} 0 ${large} 1 ${at(outer, b)}L${at(inner, b)}A${round(inner)} ${round(inner)} 0 ${large} 0 ${at(inner, a)}Z`;
}

export const share = (value: number, min: number, max: number): number => {
  const found = (value - min) / (max - min);
  return Number.isNaN(found) ? 0 : Math.max(0, Math.min(1, found));
};

interface Segment {
  from: number;
  to: number;
  color: string;
  value: number;
}

/** Threshold segments of the outer ring; continuous modes give their stops. */
export function markerSegments(value: ReducedValue, data: PanelData): Segment[] {
  const { field } = value;
  const { min, max } = rangeOf(field);
  const mode = field.config.color?.mode ?? "thresholds";
  if (mode !== "thresholds" && colorAlong(mode, 0, data.theme) !== undefined) {
    const steps = Array.from({ length: 48 }, (_, at) => at);
    return steps.map((at) => ({ from: at / 48, to: (at + 1) / 48, color: colorAlong(mode, at / 47, data.theme) ?? rampColors(mode, data.theme)[0]!, value: NaN }));
  }
  if (mode !== "thresholds") return [];
  const steps = absoluteSteps(field.config.thresholds, min, max);
  return steps.flatMap((step, at) => {
    const from = share(step.value, min, max);
    const to = share(steps[at + 1]?.value ?? Infinity, min, max);
    return to > from ? [{ from, to, color: colorByName(step.color, data.theme), value: step.value }] : [];
  });
}

/** Where a gauge's arc lies in its box, and how thick its parts are. */
interface Arc {
  cx: number;
  cy: number;
  /** Of the thresholds' rim, and within it of the arc of the value. */
  radius: number;
  outer: number;
  width: number;
  rim: number;
  /** Height of the whole drawing. */
  drawn: number;
}

function arcOf(box: Box, titleHeight: number, hasLabels: boolean, hasRim: boolean): Arc {
  const height = Math.max(20, box.height - titleHeight);
  const labelRoom = hasLabels ? 16 : 0;
  const labelWidth = hasLabels ? Math.min(92, box.width * 0.48) : 0;
  const radius = Math.max(8, Math.min((box.width - labelWidth) / 2, (height - labelRoom) / RISE) - 2);
  const cy = labelRoom + radius + 1;
  const width = Math.min((radius * 2) / 5.5, 40) / (hasLabels ? 1.5 : 1);
  const rim = hasRim ? Math.max(2, width / 5) : 0;
  return { cx: box.width / 2, cy, radius, width, rim, outer: radius - (rim ? rim + 2 : 0), drawn: Math.ceil(cy + radius * (RISE - 1) + 2) };
}

function numberOf(value: ReducedValue, data: PanelData, arc: Arc, size: number | undefined): TreeElement {
  const shown = textOf(value.display);
  const room = (arc.outer - arc.width) * 2 * 0.86;
  const fits = size ?? fontSizeFor(data.browser.textWidth, shown, room, room * 0.5, 1, Math.max(12, arc.width * 1.7), 500);
  return svg("text", {
    x: arc.cx, y: arc.cy + fits * 0.18, "text-anchor": "middle", "dominant-baseline": "central", class: "dw-gauge-value",
    fill: value.display.color, "data-value-text": "", style: { "font-size": `${round(fits)}px` },
  }, shown);
}

function labelsOf(value: ReducedValue, data: PanelData, markers: readonly Segment[], arc: Arc): Tree[] {
  const show = processor(value.field, data.theme, formatContext(data));
  const { min, max } = rangeOf(value.field);
  const places = [min, ...markers.slice(1).map((part) => part.value), max].filter((each) => Number.isFinite(each));
  return places.map((each) => {
    const angle = START + SPAN * share(each, min, max);
    const [x, y] = [arc.cx + (arc.radius + 6) * Math.cos(angle), arc.cy + (arc.radius + 6) * Math.sin(angle)];
    const anchor = Math.abs(Math.cos(angle)) < 0.2 ? "middle" : Math.cos(angle) < 0 ? "end" : "start";
    return svg("text", { x: round(x), y: round(y), "text-anchor": anchor, "dominant-baseline": "central", class: "dw-gauge-label" }, textOf(show(each)));
  });
}

function gaugeBox(value: ReducedValue, data: PanelData, box: Box, showTitle: boolean): TreeElement {
  const { panel } = data;
  const text = option<TextOptions>(panel, "text", {});
  const markers = option(panel, "showThresholdMarkers", true) ? markerSegments(value, data) : [];
  const hasLabels = option(panel, "showThresholdLabels", false) && box.width >= LEAST_FOR_LABELS_PX;
  const titleSize = text.titleSize ?? Math.max(12, Math.min(box.height * 0.1, 16));
  const arc = arcOf(box, showTitle ? titleSize * 1.5 : 0, hasLabels, markers.length > 1);
  const { cx, cy, radius, outer, width, rim, drawn } = arc;
  const { min, max } = rangeOf(value.field);
  const filled = Number.isNaN(value.display.numeric) ? 0 : share(value.display.numeric, min, max);
  return h("div", { class: "dw-gauge", style: placed(box) },
    svg("svg", { width: box.width, height: drawn, viewBox: `0 0 ${round(box.width)} ${drawn}`, role: "img", "aria-label": `${value.title}: ${textOf(value.display)}` },
      svg("path", { d: arcPath(cx, cy, outer, outer - width, 0, 1), class: "dw-gauge-track" }),
      filled > 0 ? svg("path", { d: arcPath(cx, cy, outer, outer - width, 0, filled), fill: value.display.color, class: "dw-gauge-fill" }) : null,
      ...(rim ? markers.map((part) => svg("path", { d: arcPath(cx, cy, radius, radius - rim, part.from, part.to), fill: part.color })) : []),
      ...(hasLabels ? labelsOf(value, data, markers, arc) : []),
      numberOf(value, data, arc, text.valueSize)),
    showTitle ? h("div", { class: "dw-gauge-title", title: value.title, style: { "font-size": `${titleSize}px` } }, value.title) : null);
}

const GAP_PX = 8;

export const drawGauge: Draw = (data, { width, height }) => {
  const values = valuesOf(data);
  const orientation = option<string>(data.panel, "orientation", "auto");
  const across = orientation === "auto" || !orientation ? width > height : orientation === "vertical";
  const least = { width: option(data.panel, "minVizWidth", 75), height: option(data.panel, "minVizHeight", 75) };
  const sizing = option<string>(data.panel, "sizing", "auto") === "manual" ? least : { width: 0, height: 0 };
  const boxes = lineUp(values.length, width, height, GAP_PX, across ? "vertical" : "horizontal", sizing);
  return h("div", { class: "dw-values" },
    ...values.map((value, at) => gaugeBox(value, data, boxes[at]!, values.length > 1 || Boolean(value.field.config.displayName))));
};
