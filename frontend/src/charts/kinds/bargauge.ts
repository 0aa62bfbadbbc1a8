/** The bar gauge: one bar per value, plain, graded or in lit cells, lying or standing. */
import { FALLBACK, colorByName, withAlpha } from "../display/colors";
import { colorAlong, rampColors } from "../display/fieldcolor";
import { rangeOf, scaleOf, textOf } from "../display/processor";
import { absoluteSteps } from "../display/thresholds";
import type { ReducedValue } from "../frames/reduced";
import { share } from "./gauge";
import { type Box, lineUp, place } from "./repeat";
import { fontSizeFor, textWidth } from "./text-size";
import { type TextOptions, longest, shownText, valuesOf } from "./values";
import { type MountPanel, type PanelData, element, option } from "./view";

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

function cells(value: ReducedValue, data: PanelData, length: number, standing: boolean): HTMLElement {
  const { min, max } = rangeOf(value.field);
  const scale = scaleOf(value.field, data.theme);
  const count = Math.max(1, Math.floor(length / (CELL_PX + CELL_GAP_PX)));
  const made = element("div", { class: "dw-bar-cells" });
  for (let at = 0; at < count; at += 1) {
    const from = min + ((max - min) / count) * at;
    const color = scale(from).color || FALLBACK;
    const lit = from <= value.display.numeric;
    const cell = element("span");
    if (lit) cell.style.background = `radial-gradient(${withAlpha(color, 0.95)} 10%, ${withAlpha(color, 0.55)})`;
    else cell.style.background = withAlpha(color, 0.18);
    if (standing) made.prepend(cell);
    else made.append(cell);
  }
  return made;
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

function barBox(value: ReducedValue, data: PanelData, look: BarLook, box: Box): HTMLElement {
  const { standing } = look;
  const { min, max } = rangeOf(value.field);
  const { color } = value.display;
  const made = element("div", { class: "dw-bar" });
  const above = !standing && (look.names === "top" || (look.names !== "left" && box.height > 40));
  const hideName = look.names === "hidden" || !value.title;
  made.dataset["layout"] = standing ? "standing" : above ? "above" : "left";
  const nameHeight = hideName || (!standing && !above) ? 0 : standing ? 21 : Math.max(17, Math.min(box.height * 0.45, 30));
  const nameSize = look.text.titleSize ?? (standing ? 14 : above ? nameHeight / 1.5 : Math.max(12, Math.min(box.height * 0.4, 16)));
  const nameWidth = hideName || standing || above ? 0 : Math.min(textWidth(look.widestName, nameSize) + 15, box.width * 0.4);
  const thick = standing ? box.width : box.height - nameHeight;
  const valueSize = look.text.valueSize ?? (standing
    ? Math.min(Math.max(12, Math.min(box.height * 0.1, 24)), fontSizeFor(look.widestValue, box.width - 4, 40, 1.2, 24, 500))
    : Math.max(12, Math.min(thick * 0.55, 32, box.width * 0.1)));
  const hideValue = look.valueMode === "hidden";
  const valueRoom = hideValue ? 0 : standing ? valueSize * 1.4 : textWidth(look.widestValue, valueSize, 500) + 16;
  const length = Math.max(4, standing ? box.height - nameHeight - valueRoom : box.width - nameWidth - valueRoom);
  const filled = share(value.display.numeric, min, max);

  const track = element("div", { class: "dw-bar-track" });
  track.style[standing ? "height" : "width"] = `${length}px`;
  if (look.mode === "lcd") track.append(cells(value, data, length, standing));
  else {
    if (look.unfilled) track.dataset["unfilled"] = "";
    const fill = element("div", { class: "dw-bar-fill" });
    fill.style[standing ? "height" : "width"] = `${Math.max(1, filled * length)}px`;
    if (look.mode === "basic") {
      fill.style.background = withAlpha(color, 0.35);
      fill.style[standing ? "borderTop" : "borderRight"] = `2px solid ${color}`;
    } else {
      fill.style.background = barGradient(value, data, length, standing ? "0deg" : "90deg");
    }
    track.append(fill);
  }
  const row = element("div", { class: "dw-bar-row" }, track);
  if (!hideValue) {
    const number = element("div", { class: "dw-bar-value", "data-value-text": "" }, textOf(value.display));
    number.style.fontSize = `${valueSize}px`;
    if (look.valueMode !== "text") number.style.color = color;
    if (standing) row.prepend(number);
    else row.append(number);
  }
  if (!hideName) {
    const name = element("div", { class: "dw-bar-name", title: value.title }, value.title);
    name.style.fontSize = `${nameSize}px`;
    if (nameWidth) name.style.width = `${nameWidth}px`;
    made.append(name);
  }
  made.append(row);
  return made;
}

export const mountBarGauge: MountPanel = (host) => {
  const root = element("div", { class: "dw-values dw-scrolls" });
  host.append(root);
  return {
    draw(data, width, height) {
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
      root.replaceChildren(...values.map((value, at) => {
        const made = barBox(value, data, look, boxes[at]!);
        place(made, boxes[at]!);
        return made;
      }));
    },
    destroy: () => root.remove(),
  };
};
