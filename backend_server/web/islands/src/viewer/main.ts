/** Entry of the viewer's page: reads the data in it and starts. */
import "uplot/dist/uPlot.min.css";
import "../styles/tokens.css";
import "./viewer.css";
import { NEEDS_COLORMAPS, provideColormap } from "../display/fieldcolor";
import { Page } from "./page";
import type { PageData } from "./settings";

async function start(): Promise<void> {
  const text = document.getElementById("dashwright-data")?.textContent;
  if (!text) return;
  // Four colour maps are a chunk of their own, since few documents use them.
  if (NEEDS_COLORMAPS.test(text)) {
    for (const [mode, colors] of (await import("../display/colormaps")).colormaps()) provideColormap(mode, colors);
  }
  new Page(JSON.parse(text) as PageData).start();
}

void start();
