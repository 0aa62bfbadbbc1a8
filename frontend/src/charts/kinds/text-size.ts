/** The largest type that fits a box. */
import type { TextWidth } from "../browser";

/** Smaller type would not be read; longer text is cut with an ellipsis instead. */
const LEAST_PX = 9;
const PROBE_PX = 14;

/** Font size in px at which `text` fits width and height, at most `most`. */
export function fontSizeFor(textWidth: TextWidth, text: string, width: number, height: number, lineHeight: number, most = Infinity, weight = 400): number {
  const wide = textWidth(text, PROBE_PX, weight) + 2;
  return Math.max(LEAST_PX, Math.min((width / wide) * PROBE_PX, height / lineHeight, most));
}
