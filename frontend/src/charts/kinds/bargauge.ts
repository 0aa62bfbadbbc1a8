/** The bar gauge: one bar per value, plain, graded or in lit cells, lying or standing. */
import { FALLBACK, colorByName, withAlpha } from "../display/colors";
import { colorAlong, rampColors } from "../display/fieldcolor";
import { rangeOf, scaleOf, textOf } from "../display/processor";
import { absoluteSteps } from "../display/thresholds";
import type { ReducedValue } from "../frames/reduced";
import { share } from "./gauge";
import { type Child, type TreeElement, h } from "../tree";
import { type Draw, type PanelData, option } from "./chart";
import { type Box, lineUp, placed } from "./repeat";
import { fontSizeFor } from "./text-size";
import { type TextOptions, longest, shownText, valuesOf } from "./values";

const CELL_PX = 12;
const CELL_GAP_PX = 3;
const GAP_PX = 8;

/** CSS gradient up to the value, its colours where the scale has them. */
export function barGradient(value: ReducedValue, data: PanelData, length: number, toward: string): string {
  const { field } = value;
  const { min, max } = rangeOf(field);
  const mode = field.config.color?.mode ?? "thresholds";
  const { color } = value.display;
  if (mode !== "thresholds" && colorAlong(mode, 0, data.theme) !== undefined) {
    const colors = rampColors(mode, data.theme);
    const stops = colors.map((stop, at) => `${stop} ${Math.round((at / (colors.length - 1)) * length)}px`);
    return `linear-gradient(${toward}, ${stops.join(", ")})`;
  }
  if (mode !== "thresholds") return `linear-gradient(${toward}, ${withAlpha(color, 0.5)}, ${color})`;
  const reached = absoluteSteps(field.config.thresholds, min, max).filter((step, at) => at === 0 || value.display.numeric >= step.value);
  const stops = reached.map((step) => `${colorByName(step.color, data.theme)} ${Math.round(share(step.value, min, max) * length)}px`);
  if (stops.length < 2) return color;
  return `linear-gradient(${toward}, ${stops.join(", ")})`;
}

function cells(value: ReducedValue, data: PanelData, length: number, standing: boolean): TreeElement {
  const { min, max } = rangeOf(value.field);
  const scale = scaleOf(value.field, data.theme);
  const count = Math.max(1, Math.floor(length / (CELL_PX + CELL_GAP_PX)));
  const made = Array.from({ length: count }, (_, at) => {
    const from = min + ((max - min) / count) * at;
    const color = scale(from).color || FALLBACK;
    const lit = from <= value.display.numeric;
    return h("span", { style: { background: lit ? `radial-gradient(${withAlpha(color, 0.95)} 10%, ${withAlpha(color, 0.55)})` : withAlpha(color, 0.18) } });
  });
  return h("div", { class: "dw-bar-cells" }, ...(standing ? made.reverse() : made));
}

interface BarLook {
  mode: string;
  unfilled: boolean;
  standing: boolean;
  valueMode: string;
  names: string;
  text: TextOptions;
  widestValue: string;
  widestName: string;
}

/** Where name, track and value lie in a box, and how large their type is. */
interface BarSizes {
  layout: "standing" | "above" | "left";
  hideName: boolean;
  nameSize: number;
  nameWidth: number;
  valueSize: number;
  length: number;
}

function sizesOf(title: string, data: PanelData, look: BarLook, box: Box): BarSizes {
  const { textWidth } = data.browser;
  const { standing, text } = look;
  const above = !standing && (look.names === "top" || (look.names !== "left" && box.height > 40));
  const hideName = look.names === "hidden" || !title;
  const nameHeight = hideName || (!standing && !above) ? 0 : standing ? 21 : Math.max(17, Math.min(box.height * 0.45, 30));
  const nameSize = text.titleSize ?? (standing ? 14 : above ? nameHeight / 1.5 : Math.max(12, Math.min(box.height * 0.4, 16)));
  const nameWidth = hideName || standing || above ? 0 : Math.min(textWidth(look.widestName, nameSize) + 15, box.width * 0.4);
  const thick = standing ? box.width : box.height - nameHeight;
  const valueSize = text.valueSize ?? (standing
    ? Math.min(Math.max(12, Math.min(box.height * 0.1, 24)), fontSizeFor(textWidth, look.widestValue, box.width - 4, 40, 1.2, 24, 500))
    : Math.max(12, Math.min(thick * 0.55, 32, box.width * 0.1)));
  const valueRoom = look.valueMode === "hidden" ? 0 : standing ? valueSize * 1.4 : textWidth(look.widestValue, valueSize, 500) + 16;
  const length = Math.max(4, standing ? box.height - nameHeight - valueRoom : box.width - nameWidth - valueRoom);
  return { layout: standing ? "standing" : above ? "above" : "left", hideName, nameSize, nameWidth, valueSize, length };
}

function fillOf(value: ReducedValue, data: PanelData, { standing, mode }: BarLook, length: number): TreeElement {
  const { min, max } = rangeOf(value.field);
  const { color, numeric } = value.display;
  const basic = mode === "basic";
  return h("div", { class: "dw-bar-fill", style: {
    [standing ? "height" : "width"]: `${Math.max(1, share(numeric, min, max) * length)}px`,
    background: basic ? withAlpha(color, 0.35) : barGradient(value, data, length, standing ? "0deg" : "90deg"),
    [standing ? "border-top" : "border-right"]: basic ? `2px solid ${color}` : null,
  } });
}

function barBox(value: ReducedValue, data: PanelData, look: BarLook, box: Box): TreeElement {
  const { standing, mode } = look;
  const { layout, hideName, nameSize, nameWidth, valueSize, length } = sizesOf(value.title, data, look, box);
  const lit = mode === "lcd";
  const track = h("div", { class: "dw-bar-track", "data-unfilled": !lit && look.unfilled ? "" : null, style: { [standing ? "height" : "width"]: `${length}px` } },
    lit ? cells(value, data, length, standing) : fillOf(value, data, look, length));
  const number = look.valueMode === "hidden" ? null : h("div", {
    class: "dw-bar-value", "data-value-text": "", style: { "font-size": `${valueSize}px`, color: look.valueMode === "text" ? null : value.display.color },
  }, textOf(value.display));
  const row: Child[] = standing ? [number, track] : [track, number];
  return h("div", { class: "dw-bar", "data-layout": layout, style: placed(box) },
    hideName ? null : h("div", { class: "dw-bar-name", title: value.title, style: { "font-size": `${nameSize}px`, width: nameWidth ? `${nameWidth}px` : null } }, value.title),
    h("div", { class: "dw-bar-row" }, ...row));
}

export const drawBarGauge: Draw = (data, { width, height }) => {
  const values = valuesOf(data);
  const orientation = option<string>(data.panel, "orientation", "auto");
  const standing = orientation === "auto" || !orientation ? width > height : orientation === "vertical";
  const look: BarLook = {
    mode: option(data.panel, "displayMode", "gradient"),
    unfilled: option(data.panel, "showUnfilled", true),
    standing,
    valueMode: option(data.panel, "valueMode", "color"),
    names: option(data.panel, "namePlacement", "auto"),
    text: option<TextOptions>(data.panel, "text", {}),
    widestValue: longest(values, shownText),
    widestName: longest(values, (value) => value.title),
  };
  const least = { width: option(data.panel, "minVizWidth", 8), height: option(data.panel, "minVizHeight", 16) };
  const boxes = lineUp(values.length, width, height, values.length > 10 ? 4 : GAP_PX, standing ? "vertical" : "horizontal", least);
  return h("div", { class: "dw-values dw-scrolls" }, ...values.map((value, at) => barBox(value, data, look, boxes[at]!)));
};
