/** Colours by the names documents use, and the arithmetic on them (blend, shade, contrast). */
import { NAMED_CSS } from "./css-colors";
import { CLASSIC, DARK_HUES, DARK_SURFACES, LIGHT_HUES, LIGHT_SURFACES } from "./palette";

export type Theme = "light" | "dark";

/** What Grafana draws when a colour is missing. */
export const FALLBACK = "#808080";

export interface Rgba {
  r: number;
  g: number;
  b: number;
  a: number;
}

const SHADES = ["super-light-", "light-", "", "semi-dark-", "dark-"];

function namesOf(theme: Theme): Map<string, string> {
  const surfaces = theme === "light" ? LIGHT_SURFACES : DARK_SURFACES;
  const names = new Map<string, string>();
  for (const [hue, shades] of Object.entries(theme === "light" ? LIGHT_HUES : DARK_HUES)) {
    shades.forEach((color, at) => names.set(SHADES[at] + hue, color));
  }
  names.set("transparent", theme === "light" ? "rgba(255, 255, 255, 0)" : "rgba(0,0,0,0)");
  names.set("panel-bg", surfaces.panel);
  names.set("text", surfaces.text);
  return names;
}

const NAMES: Record<Theme, Map<string, string>> = { light: namesOf("light"), dark: namesOf("dark") };

/** The colour a name stands for in a theme; `#…` and `rgb…` stay as they are, CSS names become hex. */
export function colorByName(name: string | undefined | null, theme: Theme): string {
  if (!name) return FALLBACK;
  const named = NAMES[theme].get(name);
  if (named) return named;
  if (name.startsWith("#") || name.includes("rgb")) return name;
  const css = NAMED_CSS.get(name.toLowerCase());
  return css ?? name;
}

export function surfaces(theme: Theme): typeof DARK_SURFACES {
  return theme === "light" ? LIGHT_SURFACES : DARK_SURFACES;
}

let lightClassic: readonly string[] | undefined;

/** The classic palette; in the light theme its first hues follow that theme's names. */
export function classicPalette(theme: Theme): readonly string[] {
  if (theme === "dark") return CLASSIC;
  if (!lightClassic) {
    const darkNames = new Map([...NAMES.dark].map(([name, color]) => [color, name]));
    lightClassic = CLASSIC.map((color) => {
      const name = darkNames.get(color);
      return (name && NAMES.light.get(name)) ?? color;
    });
  }
  return lightClassic;
}

/** Read `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb()` and `rgba()`; anything else is the fallback grey. */
export function parseColor(text: string): Rgba {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(text.trim());
  if (hex) {
    const digits = hex[1]!.length <= 4 ? [...hex[1]!].map((digit) => digit + digit).join("") : hex[1]!;
    const byte = (at: number): number => parseInt(digits.slice(at, at + 2), 16);
    return { r: byte(0), g: byte(2), b: byte(4), a: digits.length >= 8 ? byte(6) / 255 : 1 };
  }
  const parts = /^rgba?\(([^)]+)\)$/i.exec(text.trim());
  if (parts) {
    const [r, g, b, a] = parts[1]!.split(/[,/ ]+/).filter(Boolean).map((part) => part.endsWith("%") ? (parseFloat(part) / 100) * 255 : parseFloat(part));
    return { r: r ?? 0, g: g ?? 0, b: b ?? 0, a: a ?? 1 };
  }
  const css = NAMED_CSS.get(text.toLowerCase());
  return css ? parseColor(css) : { r: 128, g: 128, b: 128, a: 1 };
}

const clampByte = (value: number): number => Math.max(0, Math.min(255, value));

export function toHex({ r, g, b }: { r: number; g: number; b: number }): string {
  return "#" + [r, g, b].map((part) => Math.round(clampByte(part)).toString(16).padStart(2, "0")).join("");
}

export function withAlpha(color: string, alpha: number): string {
  const { r, g, b } = parseColor(color);
  return `rgba(${Math.round(r)}, ${Math.round(g)}, ${Math.round(b)}, ${alpha})`;
}

/** `over` painted on `under`, opaque. */
export function flatten(over: string, under: string): Rgba {
  const top = parseColor(over);
  const bottom = parseColor(under);
  const mix = (a: number, b: number): number => a * top.a + b * (1 - top.a);
  return { r: mix(top.r, bottom.r), g: mix(top.g, bottom.g), b: mix(top.b, bottom.b), a: 1 };
}

/** Relative luminance by WCAG 2.1 of an opaque colour. */
export function luminance({ r, g, b }: Rgba): number {
  const linear = (byte: number): number => {
    const part = byte / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/** Contrast ratio by WCAG 2.1; a translucent foreground is first painted on the background. */
export function contrast(foreground: string, background: string, canvas = "#ffffff"): number {
  const under = flatten(background, canvas);
  const bottom = luminance(under);
  const top = luminance(flatten(foreground, toHex(under)));
  return (Math.max(top, bottom) + 0.05) / (Math.min(top, bottom) + 0.05);
}

/** Black or white, whichever reads better on a fill. */
export function readableOn(background: string): string {
  return luminance(parseColor(background)) > 0.4 ? "#111217" : "#ffffff";
}

interface Hsl {
  h: number;
  s: number;
  l: number;
}

function toHsl({ r, g, b }: Rgba): Hsl {
  const [red, green, blue] = [r / 255, g / 255, b / 255];
  const high = Math.max(red, green, blue);
  const low = Math.min(red, green, blue);
  const l = (high + low) / 2;
  const spread = high - low;
  if (spread === 0) return { h: 0, s: 0, l };
  const s = l > 0.5 ? spread / (2 - high - low) : spread / (high + low);
  let h: number;
  if (high === red) h = (green - blue) / spread + (green < blue ? 6 : 0);
  else if (high === green) h = (blue - red) / spread + 2;
  else h = (red - green) / spread + 4;
  return { h: h * 60, s, l };
}

function fromHsl({ h, s, l }: Hsl): Rgba {
  const turn = h / 360;
  const q = l < 0.5 ? l * (1 + s) : l + s - l * s;
  const p = 2 * l - q;
  const channel = (shift: number): number => {
    const t = (((turn + shift) % 1) + 1) % 1;
    if (t < 1 / 6) return p + (q - p) * 6 * t;
    if (t < 1 / 2) return q;
    if (t < 2 / 3) return p + (q - p) * (2 / 3 - t) * 6;
    return p;
  };
  const byte = (shift: number): number => Math.round((s === 0 ? l : channel(shift)) * 255);
  return { r: byte(1 / 3), g: byte(0), b: byte(-1 / 3), a: 1 };
}

/** Turn the hue by degrees. */
export function spin(color: string, degrees: number): string {
  const hsl = toHsl(parseColor(color));
  return toHex(fromHsl({ ...hsl, h: (((hsl.h + degrees) % 360) + 360) % 360 }));
}

/** Add `percent` of white's bytes. */
export function brighten(color: string, percent: number): string {
  const { r, g, b } = parseColor(color);
  const more = -Math.round(255 * -(percent / 100));
  return toHex({ r: clampByte(r + more), g: clampByte(g + more), b: clampByte(b + more) });
}

/** Take `percent` of lightness away. */
export function darken(color: string, percent: number): string {
  const hsl = toHsl(parseColor(color));
  return toHex(fromHsl({ ...hsl, l: Math.max(0, Math.min(1, hsl.l - percent / 100)) }));
}
