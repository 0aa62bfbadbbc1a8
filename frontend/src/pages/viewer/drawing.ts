/** Loads what draws, beside the page's first questions; a document that needs the large colour maps gets them too. */
import { NEEDS_COLORMAPS } from "../../charts/display/needs-colormaps";

export type Parts = typeof import("../../charts/kinds/parts");

let parts: Parts | null = null;
let loading: Promise<Parts> | null = null;

/** What draws, once it is there. */
export function drawing(): Parts | null {
  return parts;
}

/** Begin to load what draws, or wait for it; rejects when a file cannot be had. `text` is the page's data. */
export function loadDrawing(text = document.getElementById("dashwright-data")?.textContent ?? ""): Promise<Parts> {
  loading ??= load(text);
  return loading;
}

async function load(text: string): Promise<Parts> {
  const [found, maps] = await Promise.all([
    import("../../charts/kinds/parts"),
    NEEDS_COLORMAPS.test(text) ? import("../../charts/display/colormaps") : null,
  ]);
  for (const [mode, colors] of maps?.colormaps() ?? []) found.provideColormap(mode, colors);
  parts = found;
  return found;
}
