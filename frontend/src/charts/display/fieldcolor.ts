/** How a field gets its colour: fixed, from thresholds, from the palette, along a ramp, or in shades. */
import { type Theme, brighten, classicPalette, colorByName, contrast, darken, FALLBACK, parseColor, spin, surfaces } from "./colors";
import { NEEDS_COLORMAPS } from "./needs-colormaps";

export interface ColorConfig {
  mode?: string;
  fixedColor?: string;
  seriesBy?: "min" | "max" | "last";
}

/** Colour for a value, its share of the range (0–1) and its threshold's colour name. */
export type ColorOf = (percent: number, thresholdColor: string) => string;

/** Named stops of the ramps that are blended. */
const RAMPS: Record<string, readonly string[]> = {
  "continuous-GrYlRd": ["green", "yellow", "red"],
  "continuous-RdYlGr": ["red", "yellow", "green"],
  "continuous-BlYlRd": ["dark-blue", "super-light-yellow", "dark-red"],
  "continuous-YlRd": ["super-light-yellow", "dark-red"],
  "continuous-BlPu": ["blue", "purple"],
  "continuous-YlBl": ["super-light-yellow", "dark-blue"],
  "continuous-blues": ["panel-bg", "dark-blue"],
  "continuous-reds": ["panel-bg", "dark-red"],
  "continuous-greens": ["panel-bg", "dark-green"],
  "continuous-purples": ["panel-bg", "dark-purple"],
};

const CONTRAST_THRESHOLD = 3;
const colormaps = new Map<string, readonly string[]>();

/** Add a ready-made map of many steps for a mode; it is stepped through, not blended. */
export function provideColormap(mode: string, colors: readonly string[]): void {
  colormaps.set(mode, colors);
}

/** Uniform cubic B-spline through one channel of the stops. */
function spline(values: readonly number[], share: number): number {
  const spans = values.length - 1;
  const t = Math.max(0, Math.min(1, share));
  const at = t >= 1 ? spans - 1 : Math.floor(t * spans);
  const b = values[at]!;
  const c = values[at + 1]!;
  const a = at > 0 ? values[at - 1]! : 2 * b - c;
  const d = at < spans - 1 ? values[at + 2]! : 2 * c - b;
  const x = (t - at / spans) * spans;
  const x2 = x * x;
  const x3 = x2 * x;
  return ((1 - 3 * x + 3 * x2 - x3) * a + (4 - 6 * x2 + 3 * x3) * b + (1 + 3 * x + 3 * x2 - 3 * x3) * c + x3 * d) / 6;
}

const rgb = (parts: readonly number[]): string =>
  `rgb(${parts.map((part) => Math.max(0, Math.min(255, Math.round(part) || 0))).join(", ")})`;

function blend(stops: readonly string[], share: number): string {
  const colors = stops.map(parseColor);
  return rgb((["r", "g", "b"] as const).map((channel) => spline(colors.map((color) => color[channel]), share)));
}

const polynomial = (factors: readonly number[], t: number): number =>
  factors.reduceRight((sum, factor) => sum * t + factor, 0);

/** Cividis as the polynomial of d3's authors, one row per channel, lowest power first. */
const CIVIDIS = [
  [-4.54, -35.34, 2381.73, -6402.7, 7024.72, -2710.57],
  [32.49, 170.73, 52.82, -131.46, 176.58, -67.37],
  [81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67],
];

function stopsOf(mode: string, theme: Theme): string[] {
  // Grafana blends a ramp once and keeps it for both themes, so its hues are the dark theme's; only the surface follows.
  return RAMPS[mode]!.map((name) => colorByName(name, name === "panel-bg" ? theme : "dark"));
}

/** Colour along a continuous mode at a share of the range; undefined when the mode is not one. */
export function colorAlong(mode: string, share: number, theme: Theme): string | undefined {
  if (mode in RAMPS) return blend(stopsOf(mode, theme), share);
  const t = Math.max(0, Math.min(1, share));
  const map = colormaps.get(mode);
  if (map) return map[Math.min(map.length - 1, Math.floor(t * map.length))];
  if (mode === "continuous-cividis") return rgb(CIVIDIS.map((factors) => polynomial(factors, t)));
  return mode.startsWith("continuous-") && NEEDS_COLORMAPS.test(`"${mode}"`) ? FALLBACK : undefined;
}

/** The stops or sampled steps of a continuous mode, low to high, for gradients. */
export function rampColors(mode: string, theme: Theme): string[] {
  if (mode in RAMPS) return stopsOf(mode, theme);
  return Array.from({ length: 9 }, (_, at) => colorAlong(mode, at / 8, theme) ?? FALLBACK);
}

/** True when the colour depends on the value: thresholds and the continuous modes; thresholds are the default. */
export function isByValue(mode: string | undefined): boolean {
  return !mode || !["fixed", "shades", "palette-classic", "palette-classic-by-name"].includes(mode);
}

function nameHash(name: string): number {
  let hash = 5381;
  for (let at = name.length - 1; at >= 0; at -= 1) hash = (hash * 33) ^ name.charCodeAt(at);
  return hash >>> 0;
}

const readable = new Map<Theme, readonly string[]>();

/** The classic colours that stand out from the panel, from which the by-name mode picks. */
export function readablePalette(theme: Theme): readonly string[] {
  let found = readable.get(theme);
  if (!found) {
    found = classicPalette(theme).filter((color) => contrast(color, surfaces(theme).panel) >= CONTRAST_THRESHOLD);
    readable.set(theme, found);
  }
  return found;
}

const SHADE_COUNT = 6;

function shades(base: string): string[] {
  const colors = [base];
  for (let step = 1; step < SHADE_COUNT; step += 1) {
    const share = step / SHADE_COUNT;
    colors.push(brighten(spin(base, share * 10), share * 35), darken(spin(base, -share * 10), share * 35));
  }
  return colors;
}

/** The colouring of a field; `seriesIndex` counts the document's series, `name` is what the legend shows. */
export function colorMode(color: ColorConfig | undefined, theme: Theme, seriesIndex: number, name: string): ColorOf {
  const mode = color?.mode ?? "thresholds";
  const pick = (colors: readonly string[], at: number): string => colors[at % colors.length] ?? FALLBACK;
  switch (mode) {
    case "fixed": {
      const fixed = colorByName(color?.fixedColor ?? FALLBACK, theme);
      return () => fixed;
    }
    case "shades": {
      const shade = pick(shades(colorByName(color?.fixedColor ?? FALLBACK, theme)), seriesIndex);
      return () => shade;
    }
    case "palette-classic": {
      const own = pick(classicPalette(theme), seriesIndex);
      return () => own;
    }
    case "palette-classic-by-name": {
      const own = pick(readablePalette(theme), nameHash(name));
      return () => own;
    }
    default:
      if (colorAlong(mode, 0, theme) !== undefined) return (percent) => colorAlong(mode, percent, theme)!;
      return (_percent, thresholdColor) => colorByName(thresholdColor, theme);
  }
}
