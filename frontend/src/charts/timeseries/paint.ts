/** Canvas colours of a time series: fills, gradients over the value axis, threshold lines and areas. */
import type uPlot from "uplot";
import { type Theme, brighten, colorByName, darken, parseColor, spin, withAlpha } from "../display/colors";
import type { Field } from "../display/field";
import { colorAlong, isByValue, rampColors } from "../display/fieldcolor";
import { rangeOf } from "../display/processor";
import { absoluteSteps } from "../display/thresholds";
import { custom } from "../frames/overrides";

type Paint = string | ((plot: uPlot) => string | CanvasGradient);

/** A gradient down the plot; nothing yet to measure falls back to the first colour. */
function vertical(plot: uPlot, stops: readonly (readonly [number, string])[]): CanvasGradient | string {
  const { top, height } = plot.bbox;
  if (!Number.isFinite(top) || !Number.isFinite(height)) return stops[0]![1];
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  for (const [at, color] of stops) gradient.addColorStop(at, color);
  return gradient;
}

/** Colours at values of a scale, low to high, as a gradient; `hard` keeps a colour until the next value. */
export function overScale(plot: uPlot, scale: string, stops: readonly { value: number; color: string }[], hard: boolean): CanvasGradient | string {
  const { min, max } = plot.scales[scale] ?? {};
  if (min === undefined || max === undefined || min === null || max === null || stops.length === 0) return stops[0]?.color ?? "";
  const { top, height } = plot.bbox;
  const gradient = plot.ctx.createLinearGradient(0, top + height, 0, top);
  const position = (value: number): number => {
    if (value === -Infinity || value <= min) return 0;
    if (value >= max) return 1;
    return Math.max(0, Math.min(1, 1 - (plot.valToPos(value, scale, true) - top) / height));
  };
  stops.forEach((stop, at) => {
    const here = position(stop.value);
    if (hard && at > 0) gradient.addColorStop(here, stops[at - 1]!.color);
    gradient.addColorStop(here, stop.color);
  });
  return gradient;
}

function schemeStops(field: Field, theme: Theme, opacity: number): { stops: { value: number; color: string }[]; hard: boolean } {
  const { min, max } = rangeOf(field);
  const mode = field.config.color?.mode ?? "thresholds";
  const faded = (color: string): string => (opacity >= 1 ? color : withAlpha(color, opacity));
  if (colorAlong(mode, 0, theme) === undefined) {
    const steps = absoluteSteps(field.config.thresholds, min, max);
    return { stops: steps.map(({ value, color }) => ({ value, color: faded(colorByName(color, theme)) })), hard: true };
  }
  const colors = rampColors(mode, theme);
  const stops = colors.map((color, at) => ({ value: min + ((max - min) * at) / (colors.length - 1), color: faded(color) }));
  return { stops, hard: false };
}

function hueStops(color: string, theme: Theme, opacity: number): readonly (readonly [number, string])[] {
  const top = brighten(brighten(spin(color, 20), 10), 10);
  const bottom = darken(spin(color, -25), theme === "dark" ? 15 : 5);
  return [[0, withAlpha(top, opacity)], [1, withAlpha(bottom, opacity)]];
}

export function strokeOf(field: Field, color: string, scale: string, theme: Theme): Paint {
  const gradient = custom<string>(field, "gradientMode", "none");
  if (gradient === "scheme" && isByValue(field.config.color?.mode)) {
    const { stops, hard } = schemeStops(field, theme, 1);
    return (plot) => overScale(plot, scale, stops, hard);
  }
  if (gradient === "hue") return (plot) => vertical(plot, hueStops(color, theme, 1));
  return color;
}

export function fillOf(field: Field, color: string, scale: string, theme: Theme): Paint | undefined {
  const opacity = custom<number>(field, "fillOpacity", 0) / 100;
  if (opacity <= 0) return undefined;
  switch (custom<string>(field, "gradientMode", "none")) {
    case "opacity":
      return (plot) => vertical(plot, [[0, withAlpha(color, opacity)], [1, withAlpha(color, 0)]]);
    case "hue":
      return (plot) => vertical(plot, hueStops(color, theme, opacity));
    case "scheme":
      if (isByValue(field.config.color?.mode)) {
        const { stops, hard } = schemeStops(field, theme, opacity);
        return (plot) => overScale(plot, scale, stops, hard);
      }
      return withAlpha(color, opacity);
    default:
      return withAlpha(color, opacity);
  }
}

const LINE_ALPHA = 0.7;
const AREA_ALPHA = 0.15;
const fadedUnlessSet = (color: string, alpha: number): string => (parseColor(color).a === 1 ? withAlpha(color, alpha) : color);

/** Draw a scale's thresholds below the series: areas, lines, dashed lines, as the field says. */
export function drawThresholds(plot: uPlot, field: Field, scale: string, theme: Theme, density: number): void {
  const mode = custom<{ mode?: string }>(field, "thresholdsStyle", {}).mode ?? "off";
  const steps = field.config.thresholds?.steps ?? [];
  const { min, max } = plot.scales[scale] ?? {};
  if (mode === "off" || steps.length === 0 || typeof min !== "number" || typeof max !== "number") return;
  const range = field.config.thresholds?.mode === "percentage" ? rangeOf(field) : { min, max };
  const absolute = absoluteSteps(field.config.thresholds, range.min, range.max)
    .map(({ value, color }) => ({ value, color: colorByName(color, theme) }));
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  if (mode.includes("area")) {
    ctx.fillStyle = overScale(plot, scale, absolute.map((step) => ({ ...step, color: fadedUnlessSet(step.color, AREA_ALPHA) })), true);
    ctx.fillRect(left, top, width, height);
  }
  if (mode.startsWith("line") || mode.startsWith("dashed")) {
    const clear = steps.findIndex((step) => step.color === "transparent");
    ctx.lineWidth = 2 * density;
    if (mode.startsWith("dashed")) ctx.setLineDash([10 * density, 10 * density]);
    absolute.slice(1).forEach(({ value, color }, before) => {
      // Below a transparent step the thresholds read as "less than": the line takes the colour beneath it.
      const own = clear >= before + 1 ? absolute[before]!.color : color;
      const y = Math.round(plot.valToPos(value, scale, true));
      ctx.strokeStyle = fadedUnlessSet(own, LINE_ALPHA);
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
    });
  }
  ctx.restore();
}
