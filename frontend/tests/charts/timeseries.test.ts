import { describe, expect, it, vi } from "vitest";
import type { Field, Frame } from "../../src/charts/display/field";
import { absoluteSteps, thresholdColor } from "../../src/charts/display/thresholds";
import { legendStats, toggled } from "../../src/charts/kinds/legend";
import { align, applyTransform } from "../../src/charts/timeseries/align";
import { type PlannedScale, plan, tickDecimals, timePattern } from "../../src/charts/timeseries/plan";
import { stack } from "../../src/charts/timeseries/stack";
import { tooltipRows } from "../../src/charts/timeseries/tooltip";
import { sparkPaths } from "../../src/charts/kinds/sparkline";

// uPlot asks for the display's density when it is loaded.
vi.stubGlobal("matchMedia", () => ({ addEventListener: () => undefined, removeEventListener: () => undefined }));
vi.stubGlobal("devicePixelRatio", 1);
const { lonelyPoints, yRange } = await import("../../src/charts/timeseries/options");

const frame = (name: string, times: number[], values: unknown[], config: Field["config"] = {}): Frame => ({
  refId: "A", length: times.length,
  fields: [{ name: "Time", type: "time", values: times, config: {} }, { name, type: "number", values, config, displayName: name }],
});

describe("series on one time axis", () => {
  it("keeps common times as they are, with NaN and infinity as gaps", () => {
    expect(align([frame("a", [1, 2, 3], [1, NaN, 3]), frame("b", [1, 2, 3], [4, Infinity, 6])], 1).series.map(({ values }) => values))
      .toEqual([[1, null, 3], [4, null, 6]]);
  });
  it("marks a missing step as a gap and another series' time as none", () => {
    const { times, series } = align([frame("a", [0, 10, 40], [1, 2, 3]), frame("b", [0, 10, 20, 30, 40], [1, 1, 1, 1, 1])], 10);
    expect(times).toEqual([0, 10, 20, 30, 40]);
    expect(series[0]!.values).toEqual([1, 2, null, undefined, 3]);
  });
  it("joins gaps shorter than spanNulls", () => {
    const short = align([frame("a", [0, 10, 40], [1, 2, 3], { custom: { spanNulls: 60 } })], 10);
    expect(short.series[0]!.values).toEqual([1, 2, undefined, 3]);
  });
  it("mirrors and flattens", () => {
    const [one] = align([frame("a", [0, 1], [5, null], { custom: { transform: "negative-Y" } })], null).series;
    expect(applyTransform(one!)).toEqual([-5, null]);
    const [two] = align([frame("a", [0, 1], [5, 7], { custom: { transform: "constant" } })], null).series;
    expect(applyTransform(two!)).toEqual([5, 5]);
  });
  it("finds points that no line would show", () => expect(lonelyPoints([1, null, 2, 3, null, 4], 0, 5)).toEqual([0, 5]));
});

describe("stacking", () => {
  const one = (values: (number | null)[], group: string | null = "A", percent = false) => ({ values, group, percent });
  it("piles up, leaves gaps, and goes down below zero", () => {
    const made = stack([one([1, 2]), one([10, null]), one([-1, -2]), one([-1, -1]), one([5, 5], null)]);
    expect(made.map(({ values }) => values)).toEqual([[1, 2], [11, null], [-1, -2], [-2, -3], [5, 5]]);
    expect(made.map(({ on }) => on)).toEqual([-1, 0, -1, 2, null]);
    expect(made[3]!.below).toBe(true);
  });
  it("shares out one in percent", () => {
    const made = stack([one([1, 0], "A", true), one([3, 0], "A", true)]);
    expect(made.map(({ values }) => values)).toEqual([[0.25, 0], [1, 0]]);
  });
});

describe("scales and ticks", () => {
  const scaleOf = (config: Field["config"]): PlannedScale => plan([frame("a", [0, 1], [1, 2], config)], null, "dark", {}, new Set()).scales[0]!;
  it.each([
    [{}, 10, 90, [2, 98]],
    [{ min: 0, max: 100 }, 20, 30, [0, 100]],
    [{ min: 5 }, 10, 90, [5, 99]],
    [{ custom: { axisSoftMax: 200 } }, 10, 90, [2, 200]],
    [{ custom: { axisSoftMin: 0, axisSoftMax: 1 } }, 0, 5, [0, 5.5]],
    [{ custom: { axisCenteredZero: true } }, -3, 8, [-10, 10]],
    [{ custom: { scaleDistribution: { type: "log", log: 10 } } }, 5, 900, [1, 1000]],
  ])("%j with %s to %s", (config, low, high, expected) => {
    const [from, to] = yRange(scaleOf(config as Field["config"]), low as number, high as number);
    expect([Math.round(from! * 1e6) / 1e6, Math.round(to! * 1e6) / 1e6]).toEqual(expected);
  });
  it("gives different units different axes, left first", () => {
    const made = plan([frame("a", [0], [1], { unit: "bytes" }), frame("b", [0], [1], { unit: "s" }), frame("c", [0], [1], { unit: "bytes" }),
      frame("d", [0], [1], { unit: "ms", custom: { axisPlacement: "hidden" } })], null, "dark", {}, new Set());
    expect(made.scales.map(({ side, binary }) => [side, binary])).toEqual([[3, true], [1, false], [null, false]]);
    expect(made.series[2]!.scale).toBe(made.series[0]!.scale);
  });
  it("does not draw what is hidden but keeps it in the legend", () => {
    const made = plan([frame("a", [0], [1]), frame("b", [0], [2], { custom: { hideFrom: { viz: true, legend: true } } })], null, "dark", {}, new Set(["a"]));
    expect(made.series.map(({ drawn, inLegend }) => [drawn.length, inLegend])).toEqual([[0, true], [0, false]]);
  });
  it.each([[1, 0], [0.25, 2], [0.1, 1], [100, 0], [0.000001, 6]])("a tick distance of %s needs %s decimals", (increment, decimals) => {
    expect(tickDecimals(increment)).toBe(decimals);
  });
  it.each([
    [500, 5000, "HH:mm:ss.SSS"], [15000, 60000, "HH:mm:ss"], [600000, 3600000, "HH:mm"], [3600000, 2 * 86400000, "MM/DD HH:mm"],
    [2 * 86400000, 30 * 86400000, "MM/DD"], [30 * 86400000, 400 * 86400000, "YYYY-MM"], [365 * 86400000, 4000 * 86400000, "YYYY"],
  ])("time labels %s ms apart over %s ms", (increment, range, pattern) => expect(timePattern(increment, range)).toBe(pattern));
});

describe("thresholds", () => {
  const steps = [{ value: null, color: "green" }, { value: 50, color: "orange" }, { value: 80, color: "red" }];
  it.each([[-1e9, "green"], [49.9, "green"], [50, "orange"], [80, "red"], [NaN, "green"]])("%s is %s", (value, color) => {
    expect(thresholdColor({ mode: "absolute", steps }, value, 0)).toBe(color);
  });
  it("in percent of the range", () => {
    expect(thresholdColor({ mode: "percentage", steps }, 3, 0.79)).toBe("orange");
    expect(absoluteSteps({ mode: "percentage", steps }, 0, 200).map(({ value }) => value)).toEqual([-Infinity, 100, 160]);
  });
  it("none is grey", () => expect(thresholdColor(undefined, 1, 0)).toBe("#808080"));
});

describe("legend and tooltip", () => {
  it("switches series off and on", () => {
    const names = ["a", "b", "c"];
    expect([...toggled(new Set(), names, "a", true)]).toEqual(["b", "c"]);
    expect([...toggled(new Set(["b", "c"]), names, "a", true)]).toEqual([]);
    expect([...toggled(new Set(["b", "c"]), names, "b", true)]).toEqual(["a", "c"]);
    expect([...toggled(new Set(), names, "a", false)]).toEqual(["a"]);
    expect([...toggled(new Set(["a"]), names, "a", false)]).toEqual([]);
  });
  it("prints calculations in the series' unit where they keep it", () => {
    const field: Field = { name: "v", type: "number", values: [1024, 2048], config: { unit: "bytes" } };
    expect(legendStats(field, ["mean", "current", "count"], "dark", {}).map(({ title, text }) => [title, text]))
      .toEqual([["Mean", "1.50 KiB"], ["Last *", "2 KiB"], ["Count", "2"]]);
  });
  it("shows the nearest series or all, sorted", () => {
    const made = plan([frame("a", [0], [1]), frame("b", [0], [9]), frame("c", [0], [null])], null, "dark", {}, new Set());
    expect(tooltipRows(made, { mode: "single" }, 0, 1).map(({ series }) => series.name)).toEqual(["b"]);
    expect(tooltipRows(made, { mode: "multi", sort: "desc" }, 0, 0).map(({ series }) => series.name)).toEqual(["b", "a"]);
  });
  it("draws sparklines with gaps and flat lines", () => {
    expect(sparkPaths([0, 1, 2, 3], [1, 2, null, 1], { from: 0, to: 3 }, 30, 12).line).toBe("M0 11L10 1M30 11");
    expect(sparkPaths([0, 1], [5, 5], { from: 0, to: 1 }, 10, 12).line).toBe("M0 6L10 6");
    expect(sparkPaths([0], [null], { from: 0, to: 1 }, 10, 12)).toEqual({ line: "", area: "" });
  });
});
