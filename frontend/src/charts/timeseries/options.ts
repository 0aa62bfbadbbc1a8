/** A plan as uPlot's options: scales with Grafana's ranges, axes with its ticks, series with its styles. */
import uPlot from "uplot";
import type { TextWidth } from "../browser";
import type { Theme } from "../display/colors";
import { formatMoment } from "../../lib/time/moment";
import { textOf } from "../display/processor";
import { custom } from "../frames/overrides";
import type { TimeRange } from "../../lib/time/relative";
import { drawThresholds, fillOf, strokeOf } from "./paint";
import { type Plan, type PlannedScale, type PlannedSeries, isDrawn, tickDecimals, timePattern } from "./plan";

const FONT_PX = 12;
const TICK_PX = 4;
const GAP_PX = 5;
/** Room beside the plot for half of an outermost label. */
const EDGE_PX = 12;
const BINARY_INCREMENTS = Array.from({ length: 53 }, (_, power) => 2 ** power);

/** What the page says about how charts look: colours, type, and the display's pixels per CSS pixel. */
export interface Chrome {
  text: string;
  grid: string;
  font: string;
  density: number;
  textWidth: TextWidth;
}

interface LineStyle {
  fill?: string;
  dash?: number[];
}

function snapLog(limit: number | null, base: number, up: boolean): number | null {
  if (limit === null || limit <= 0) return null;
  const power = base === 2 ? Math.log2(limit) : Math.log10(limit);
  return base ** (up ? Math.ceil(power) : Math.floor(power));
}

/** Grafana's y range: hard limits hold, soft ones widen, a tenth of padding, whole numbers when there are no decimals. */
export function yRange(scale: PlannedScale, low: number | null, high: number | null): [number | null, number | null] {
  const log = scale.log;
  const min = log ? snapLog(scale.min, log, false) : scale.min;
  const max = log ? snapLog(scale.max, log, true) : scale.max;
  const { softMin, softMax } = scale;
  const fixedMin = softMin === null && min !== null;
  const fixedMax = softMax === null && max !== null;
  if (!(fixedMin && fixedMax) && low === null && high === null) return [low, high];
  let range: [number, number];
  let [dataMin, dataMax] = [low ?? 0, high ?? 0];
  if (log) {
    const [from, to] = uPlot.rangeLog(min ?? dataMin, max ?? dataMax, log, true);
    range = [from ?? 1, to ?? 100];
  } else {
    if (scale.centered) {
      const reach = Math.max(Math.abs(dataMin), Math.abs(dataMax)) || 80;
      [dataMin, dataMax] = [-reach, reach];
    }
    if (scale.symlog) {
      const [from, to] = uPlot.rangeAsinh(dataMin, dataMax, 10, true);
      range = [from ?? 0, to ?? 100];
    } else {
      const [from, to] = uPlot.rangeNum(fixedMin ? min! : dataMin, fixedMax ? max! : dataMax, {
        min: { pad: 0.1, hard: min ?? -Infinity, soft: softMin ?? 0, mode: softMin === null ? 3 : 1 },
        max: { pad: 0.1, hard: max ?? Infinity, soft: softMax ?? 0, mode: softMax === null ? 3 : 1 },
      });
      range = [from ?? 0, to ?? 100];
    }
    if (scale.field.config.decimals === 0) range = [Math.floor(range[0]), Math.ceil(range[1])];
    if (fixedMin) range[0] = min!;
    if (fixedMax) range[1] = max!;
  }
  return range[0] >= range[1] ? [log ? 1 : 0, 100] : range;
}

function paths(series: PlannedSeries): uPlot.Series.PathBuilder | undefined {
  const { field } = series;
  const build = uPlot.paths;
  switch (custom<string>(field, "drawStyle", "line")) {
    case "points":
      return () => null;
    case "bars":
      return build.bars!({ size: [custom(field, "barWidthFactor", 0.6), custom(field, "barMaxWidth", 200)], align: custom<0 | 1 | -1>(field, "barAlignment", 0) });
    default:
      switch (custom<string>(field, "lineInterpolation", "linear")) {
        case "smooth": return build.spline!();
        case "stepBefore": return build.stepped!({ align: -1 });
        case "stepAfter": return build.stepped!({ align: 1 });
        default: return build.linear!();
      }
  }
}

/** Samples with nothing on either side, which no line would show. */
export function lonelyPoints(values: ArrayLike<unknown>, from: number, to: number): number[] {
  const found: number[] = [];
  const is = (at: number): boolean => typeof values[at] === "number";
  for (let at = from; at <= to; at += 1) if (is(at) && !is(at - 1) && !is(at + 1)) found.push(at);
  return found;
}

function points(series: PlannedSeries): uPlot.Series.Points {
  const { field } = series;
  const style = custom<string>(field, "drawStyle", "line");
  const wanted = style === "points" ? "always" : custom<string>(field, "showPoints", "auto");
  const width = custom<number>(field, "lineWidth", 1);
  const size = custom<number>(field, "pointSize", 5);
  const base: uPlot.Series.Points = { size: size < width ? undefined : size, fill: series.color, stroke: series.color };
  if (wanted === "always") return { ...base, show: true };
  if (wanted === "never" || style === "bars") return { ...base, show: false };
  return {
    ...base,
    filter: (plot, index, show) => (show ? null : lonelyPoints(plot.data[index]!, 0, plot.data[0]!.length - 1)),
  };
}

function seriesOptions(series: PlannedSeries, theme: Theme): uPlot.Series {
  const { field } = series;
  const line = custom<LineStyle>(field, "lineStyle", {});
  const dashed = line.fill && line.fill !== "solid";
  const stroke = strokeOf(field, series.color, series.scale, theme);
  const fill = fillOf(field, series.color, series.scale, theme);
  return {
    label: series.name,
    scale: series.scale,
    show: isDrawn(series),
    width: custom(field, "lineWidth", 1),
    stroke: typeof stroke === "string" ? stroke : (plot) => stroke(plot),
    ...(fill === undefined ? {} : { fill: typeof fill === "string" ? fill : (plot: uPlot) => fill(plot) }),
    ...(dashed ? { dash: line.dash ?? [10, 10], ...(line.fill === "dot" ? { cap: "round" as const } : {}) } : {}),
    spanGaps: custom<unknown>(field, "spanNulls", false) === true,
    paths: paths(series),
    points: points(series),
  };
}

function yAxis(scale: PlannedScale, chrome: Chrome, first: boolean): uPlot.Axis {
  const stroke = scale.color ?? chrome.text;
  return {
    scale: scale.key,
    side: scale.side ?? 3,
    stroke,
    font: chrome.font,
    gap: GAP_PX,
    grid: { show: scale.grid && first, stroke: chrome.grid, width: 1 / chrome.density },
    ticks: { show: false, size: TICK_PX },
    ...(scale.label ? { label: scale.label, labelFont: chrome.font, labelSize: FONT_PX + 8, labelGap: 4 } : {}),
    ...(scale.binary ? { incrs: BINARY_INCREMENTS } : {}),
    space: (_plot, _index, _min, _max, size) => (size <= 150 ? 15 : 30),
    ...(scale.field.config.decimals === 0 && !scale.log
      ? { filter: (_plot: uPlot, splits: number[]) => splits.map((value) => (Number.isInteger(value) ? value : null)) }
      : {}),
    values: (_plot, splits, _index, _space, increment) => {
      const decimals = tickDecimals(increment);
      return splits.map((value) => (value === null ? null : textOf(scale.format(value, decimals > 0 ? decimals : undefined))));
    },
    size: (plot, values) => {
      const widest = Math.max(0, ...(values ?? []).map((value) => chrome.textWidth(String(value ?? ""), FONT_PX)));
      const own = custom<number | null>(scale.field, "axisWidth", null);
      return own ?? Math.ceil(Math.min(plot.width * 0.4, widest) + GAP_PX + TICK_PX);
    },
  };
}

function timeAxis(range: TimeRange, timeZone: string, chrome: Chrome): uPlot.Axis {
  const print = (splits: number[], increment: number): string[] => {
    const pattern = timePattern(increment, range.to - range.from);
    return splits.map((value) => formatMoment(value, pattern, timeZone));
  };
  return {
    scale: "x",
    side: 2,
    stroke: chrome.text,
    font: chrome.font,
    gap: GAP_PX,
    size: FONT_PX + GAP_PX + TICK_PX + 2,
    grid: { stroke: chrome.grid, width: 1 / chrome.density },
    ticks: { show: true, stroke: chrome.grid, width: 1 / chrome.density, size: TICK_PX },
    space: (_plot, _index, min, max, size) => chrome.textWidth(print([max], (max - min) / (size / 40))[0]!, FONT_PX) + 18,
    // A label that the frame's edge would cut is left out.
    values: (plot, splits, _index, _space, increment) =>
      print(splits, increment).map((label, at) => {
        const center = plot.bbox.left / chrome.density + plot.valToPos(splits[at]!, "x");
        const half = chrome.textWidth(label, FONT_PX) / 2;
        return center - half < 0 || center + half > plot.width ? "" : label;
      }),
  };
}

/** Bands fill each stacked series down to the one it stands on. */
function bands(series: readonly PlannedSeries[]): uPlot.Band[] {
  return series.flatMap((one, index) => {
    const { on, below } = one.stacked;
    if (on === null || on < 0 || !isDrawn(one)) return [];
    return [{ series: [index + 1, on + 1] as [number, number], dir: below ? (1 as const) : (-1 as const) }];
  });
}

/** Wall-clock date of an instant in a zone, for uPlot's calendar ticks. */
function zonedDate(timeZone: string): (ts: number) => Date {
  if (timeZone === "browser" || timeZone === "") return (ts) => new Date(ts);
  return (ts) => uPlot.tzDate(new Date(ts), timeZone.toLowerCase() === "utc" ? "Etc/UTC" : timeZone);
}

export interface Surroundings {
  range: TimeRange;
  theme: Theme;
  timeZone: string;
  chrome: Chrome;
  width: number;
  height: number;
}

/** uPlot's whole options for a plan. */
export function plotOptions(made: Plan, { range, theme, timeZone, chrome, width, height }: Surroundings): uPlot.Options {
  const scales: uPlot.Scales = { x: { time: true, range: () => [range.from, range.to] } };
  for (const scale of made.scales) {
    scales[scale.key] = {
      auto: true,
      distr: scale.log ? 3 : scale.symlog ? 4 : 1,
      ...(scale.log ? { log: scale.log } : {}),
      range: (_plot, low, high) => yRange(scale, low, high) as uPlot.Range.MinMax,
    };
  }
  const axes = made.scales.filter((scale) => scale.side !== null);
  return {
    width,
    height,
    ms: 1,
    tzDate: zonedDate(timeZone),
    scales,
    axes: [timeAxis(range, timeZone, chrome), ...axes.map((scale, at) => yAxis(scale, chrome, at === 0))],
    series: [{}, ...made.series.map((series) => seriesOptions(series, theme))],
    bands: bands(made.series),
    legend: { show: false },
    padding: [8, axes.some((scale) => scale.side === 1) ? 0 : EDGE_PX, 0, axes.some((scale) => scale.side === 3) ? 0 : EDGE_PX],
    cursor: {
      drag: { x: false, y: false, setScale: false },
      points: { size: 7, width: 0 },
      focus: { prox: 30 },
    },
    focus: { alpha: 1 },
    hooks: {
      drawClear: [(plot) => made.scales.forEach((scale) => drawThresholds(plot, scale.field, scale.key, theme, chrome.density))],
    },
  };
}
