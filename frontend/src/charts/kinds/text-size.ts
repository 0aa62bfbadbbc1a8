/** Measuring text on a canvas, and the largest type that fits a box. */

/** Smaller type would not be read; longer text is cut with an ellipsis instead. */
const LEAST_PX = 9;

let context: CanvasRenderingContext2D | null | undefined;
let family = "";

function measure(text: string, size: number, weight: number): number {
  context ??= document.createElement("canvas").getContext("2d");
  family ||= getComputedStyle(document.body).fontFamily;
  if (!context) return text.length * size * 0.55;
  context.font = `${weight} ${size}px ${family}`;
  return context.measureText(text).width;
}

export function textWidth(text: string, size: number, weight = 400): number {
  return measure(text, size, weight);
}

/** Font size in px at which `text` fits width and height, at most `most`. */
export function fontSizeFor(text: string, width: number, height: number, lineHeight: number, most = Infinity, weight = 400): number {
  const probe = 14;
  const wide = measure(text, probe, weight) + 2;
  return Math.max(LEAST_PX, Math.min((width / wide) * probe, height / lineHeight, most));
}
