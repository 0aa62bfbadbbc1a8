/** Cases as pictures, without a browser: answers to frames, a table of widths for its type, jsdom's parser for its HTML. */
import { JSDOM } from "jsdom";
import type { Browser } from "../../src/charts/browser";
import type { Theme } from "../../src/charts/display/colors";
import { withFieldConfig } from "../../src/charts/frames/overrides";
import { framesOf } from "../../src/charts/frames/prometheus";
import { transformed } from "../../src/charts/frames/transform";
import { drawBarGauge } from "../../src/charts/kinds/bargauge";
import { type Draw, type PanelData, formatContext, option } from "../../src/charts/kinds/chart";
import { drawGauge } from "../../src/charts/kinds/gauge";
import { type LegendOptions, type LegendSort, legendTree } from "../../src/charts/kinds/legend";
import { drawPie } from "../../src/charts/kinds/piechart";
import { drawStat } from "../../src/charts/kinds/stat";
import { tableChart } from "../../src/charts/kinds/table";
import { drawText } from "../../src/charts/kinds/text";
import { legendItems, legendRoom, timeSeriesTree } from "../../src/charts/timeseries/panel";
import { plan } from "../../src/charts/timeseries/plan";
import { type Case, NOW, RANGE } from "./cases";

const NARROW = new Set(" .,:;|!'()[]ijlftI1");

/** Widths about those of DejaVu Sans, by the letter. */
export const BROWSER: Browser = {
  locale: "en-GB",
  textWidth: (text, size, weight = 400) =>
    [...text].reduce((sum, letter) => sum + (NARROW.has(letter) ? 0.38 : 0.66), 0) * size * (weight > 400 ? 1.06 : 1),
  parseHtml: (html) => new JSDOM(html).window.document.body,
};

export function dataOf({ panel, results }: Case, theme: Theme): PanelData {
  const frames = framesOf(results, panel.targets ?? [], panel.title || undefined);
  return {
    panel, theme, frames: withFieldConfig(transformed(frames, panel.transformations), panel.fieldConfig), range: RANGE, stepMs: 300_000,
    timeZone: "utc", now: NOW, browser: BROWSER,
  };
}

export const planOf = (data: PanelData): ReturnType<typeof plan> => plan(data.frames, data.stepMs, data.theme, formatContext(data), new Set());

const drawTimeSeries: Draw = (data, size) => {
  const options = option<LegendOptions>(data.panel, "legend", {});
  const made = planOf(data);
  const sort: LegendSort | null = options.sortBy ? { by: options.sortBy, desc: options.sortDesc ?? false } : null;
  const room = options.showLegend === false ? null : legendRoom(options, size);
  return timeSeriesTree(room?.right ?? false, room && legendTree(legendItems(made, new Set(["Road"])), options, sort, room, data.theme, formatContext(data)));
};

/** What draws each kind; of a time series all but the canvas, with one series switched off. */
export const DRAWS: Readonly<Record<string, Draw>> = {
  stat: drawStat, gauge: drawGauge, bargauge: drawBarGauge, piechart: drawPie, text: drawText, timeseries: drawTimeSeries,
  table: (data, size) => tableChart.draw(data, size, tableChart.atFirst(data)),
};
