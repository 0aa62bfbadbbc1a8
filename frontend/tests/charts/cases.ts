/** One table of panels: each kind with its main options, over the same few answers. For golden pictures. */
import type { FieldConfig } from "../../src/charts/display/field";
import type { FieldConfigSource, OverrideRule, Panel } from "../../src/charts/frames/document";
import type { QueryResult } from "../../src/charts/frames/prometheus";

export const NOW = Date.UTC(2026, 2, 15, 13, 45, 30);
export const RANGE = { from: NOW - 3600_000, to: NOW };
export const STEP_MS = 60_000;

export interface Case {
  name: string;
  panel: Panel;
  results: Record<string, QueryResult>;
  width: number;
  height: number;
}

const TIMES = Array.from({ length: 13 }, (_, at) => (RANGE.from + at * 300_000) / 1000);
const wave = (at: number, phase: number): number => Math.round(50 + 35 * Math.sin(at / 2 + phase));
const answer = (resultType: string, result: unknown): QueryResult => ({ status: 200, instant: resultType === "vector", answer: { status: "success", data: { resultType, result } } });

/** Waves over the last hour, one series a name. */
export const waves = (names: readonly string[], phase = 0): Record<string, QueryResult> => ({
  A: answer("matrix", names.map((name, series) => ({
    metric: { __name__: "power", name },
    values: TIMES.map((time, at) => [time, String(wave(at, phase + series * 1.3))]),
  }))),
});
const flat = (...values: readonly (readonly [string, string])[]): Record<string, QueryResult> => ({
  A: answer("matrix", values.map(([name, value]) => ({ metric: { name }, values: TIMES.map((time) => [time, value]) }))),
});
const rows = (...found: readonly (readonly [Record<string, string>, string])[]): QueryResult =>
  answer("vector", found.map(([metric, value]) => ({ metric, value: [NOW / 1000, value] })));

const THRESHOLDS = { mode: "absolute", steps: [{ value: null, color: "green" }, { value: 60, color: "orange" }, { value: 80, color: "red" }] } as const;
const DEFAULTS = { unit: "watt", min: 0, max: 100, thresholds: THRESHOLDS } as unknown as FieldConfig;

interface Look {
  options?: Record<string, unknown>;
  defaults?: Record<string, unknown>;
  overrides?: OverrideRule[];
  panel?: Partial<Panel>;
  results?: Record<string, QueryResult>;
  size?: readonly [number, number];
}

const ONE = ["North rack"];
const THREE = ["North rack", "South shed", "Road"];

function kind(type: string, size: readonly [number, number], results: Record<string, QueryResult>, looks: Readonly<Record<string, Look>>): Case[] {
  return Object.entries(looks).map(([name, look]) => {
    const fieldConfig: FieldConfigSource = { defaults: { ...DEFAULTS, ...look.defaults } as FieldConfig, overrides: look.overrides ?? [] };
    const [width, height] = look.size ?? size;
    const panel: Panel = { type, title: name, targets: [{ refId: "A", legendFormat: "{{name}}" }], fieldConfig, options: look.options ?? {}, ...look.panel };
    return { name, panel, results: look.results ?? results, width, height };
  });
}

const named = (options: unknown, ...properties: { id: string; value: unknown }[]): OverrideRule => ({ matcher: { id: "byName", options }, properties });
const MAPPINGS = [{ type: "value", options: { "1": { text: "Up & <running>", color: "blue" } } }];
const TABLE = [{ refId: "A", format: "table" }];
const MACHINES = {
  A: rows([{ host: "rig-1", site: "north" }, "42.5"], [{ host: "rig-2", site: "<b>south</b>" }, "71"], [{ host: "rig-10", site: "" }, "93.25"]),
};

export const CASES: Readonly<Record<string, readonly Case[]>> = {
  stat: kind("stat", [300, 200], waves(ONE), {
    plain: {},
    "without graph": { options: { graphMode: "none" } },
    "value and name": { options: { textMode: "value_and_name" } },
    "name alone": { options: { textMode: "name" } },
    "no words": { options: { textMode: "none" } },
    "colour none": { options: { colorMode: "none", textMode: "value_and_name" } },
    "on a gradient": { options: { colorMode: "background", textMode: "value_and_name" } },
    "on a fill, bright": { options: { colorMode: "background_solid" }, defaults: { color: { mode: "fixed", fixedColor: "#ffee88" } } },
    "on a fill, nearly clear": { options: { colorMode: "background_solid" }, defaults: { color: { mode: "fixed", fixedColor: "rgba(0, 0, 0, 0.1)" } } },
    "three in a grid": { results: waves(THREE) },
    "three in a row": { results: waves(THREE), options: { orientation: "vertical" }, size: [600, 120] },
    "three in a column": { results: waves(THREE), options: { orientation: "horizontal" } },
    "change, up": { options: { showPercentChange: true }, results: waves(ONE, 4) },
    "change, on a fill": { options: { showPercentChange: true, colorMode: "background" }, results: waves(ONE, 1) },
    centred: { options: { justifyMode: "center", textMode: "value_and_name" } },
    "own type sizes": { options: { text: { titleSize: 11, valueSize: 33 }, textMode: "value_and_name" } },
    "mapped text": { results: flat(["a", "1"]), defaults: { mappings: MAPPINGS } },
    untitled: { panel: { title: "" } },
    "no size to speak of": { size: [40, 24] },
  }),
  gauge: kind("gauge", [240, 200], waves(ONE, 1), {
    plain: {},
    "with labels": { options: { showThresholdLabels: true } },
    "without markers": { options: { showThresholdMarkers: false } },
    "one colour": { defaults: { color: { mode: "fixed", fixedColor: "purple" } } },
    "along a ramp": { defaults: { color: { mode: "continuous-GrYlRd" } } },
    "below its range": { results: flat(["a", "-20"]) },
    "not a number": { results: flat(["a", "NaN"]), defaults: { noValue: "–" } },
    "three in a row": { results: waves(THREE), size: [600, 160] },
    "three in a column": { results: waves(THREE), size: [160, 420] },
    "at least so large": { results: waves(THREE), options: { sizing: "manual", minVizWidth: 250, minVizHeight: 75 } },
    "own name and sizes": { defaults: { displayName: "Power" }, options: { text: { titleSize: 20, valueSize: 18 } } },
    "percent thresholds": { defaults: { max: 200, thresholds: { ...THRESHOLDS, mode: "percentage" } } },
  }),
  bargauge: kind("bargauge", [300, 200], waves(THREE), {
    gradient: { size: [200, 300] },
    "lying beside names": { options: { orientation: "horizontal", namePlacement: "left" } },
    "lying below names": { options: { orientation: "horizontal", namePlacement: "top" } },
    standing: { options: { orientation: "vertical" } },
    basic: { options: { displayMode: "basic", orientation: "horizontal" } },
    "basic, standing": { options: { displayMode: "basic", orientation: "vertical" } },
    lcd: { options: { displayMode: "lcd", orientation: "horizontal" } },
    "lcd, standing": { options: { displayMode: "lcd", orientation: "vertical" } },
    "value in text colour": { options: { valueMode: "text", orientation: "horizontal" } },
    "value hidden": { options: { valueMode: "hidden", orientation: "horizontal", namePlacement: "hidden" } },
    "not unfilled": { options: { showUnfilled: false, orientation: "horizontal" } },
    "one colour": { defaults: { color: { mode: "fixed", fixedColor: "blue" } } },
    "along a ramp": { defaults: { color: { mode: "continuous-BlPu" } }, options: { orientation: "horizontal" } },
    "percent thresholds": { defaults: { max: 200, thresholds: { ...THRESHOLDS, mode: "percentage" } }, options: { orientation: "horizontal" } },
    "own type sizes": { options: { orientation: "horizontal", text: { titleSize: 10, valueSize: 11 } } },
    "twelve bars": { results: waves("abcdefghijkl".split("")), options: { orientation: "horizontal" } },
  }),
  piechart: kind("piechart", [300, 200], flat(["North rack", "50"], ["South shed", "30"], ["Road", "20"], ["Shelf", "1"]), {
    pie: {},
    donut: { options: { pieType: "donut" } },
    "legend at the right": { options: { legend: { placement: "right", values: ["value", "percent"] } }, size: [400, 200] },
    "legend below": { options: { legend: { placement: "bottom", values: ["percent"] } } },
    "too narrow for a right legend": { options: { legend: { placement: "right" } }, size: [220, 200] },
    "no legend": { options: { legend: { showLegend: false } } },
    labels: { options: { displayLabels: ["name", "percent"], legend: { showLegend: false } } },
    "labels in a ring": { options: { displayLabels: ["value"], pieType: "donut", sort: "asc" } },
    unsorted: { options: { sort: "none" }, results: flat(["a", "1"], ["b", "3"], ["c", "2"], ["below zero", "-5"]) },
    "one whole": { results: flat(["all", "7"]) },
    "nothing above zero": { results: flat(["a", "0"]) },
    "palette of the field": { defaults: { color: { mode: "palette-classic" } } },
    "many rows": { results: flat(...Array.from({ length: 14 }, (_, at) => [`a machine of some name ${at}`, String(at + 1)] as const)) },
  }),
  table: kind("table", [400, 200], MACHINES, {
    plain: { panel: { targets: TABLE } },
    sorted: { panel: { targets: TABLE }, options: { sortBy: [{ displayName: "Value", desc: true }] } },
    "without head, higher": { panel: { targets: TABLE }, options: { showHeader: false, cellHeight: "lg" } },
    "coloured words": { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.cellOptions", value: { type: "color-text" } })] },
    "coloured cells": { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } })] },
    "graded cells": { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.cellOptions", value: { type: "color-background", mode: "gradient" } })] },
    "old name of graded cells": { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.displayMode", value: "color-background" })] },
    bars: { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.cellOptions", value: { type: "gauge" } })] },
    "faint bars": { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.cellOptions", value: { type: "gauge", mode: "basic" } })] },
    "widths and sides": { panel: { targets: TABLE }, overrides: [named("host", { id: "custom.width", value: 90 }, { id: "custom.align", value: "center" }), named("site", { id: "custom.hidden", value: true })] },
    footer: { panel: { targets: TABLE }, options: { footer: { show: true, reducer: ["sum", "mean"], fields: "" } } },
    "footer that counts": { panel: { targets: TABLE }, options: { footer: { show: true, reducer: ["count"], countRows: true } } },
    "a column's own footer": { panel: { targets: TABLE }, overrides: [named("Value", { id: "custom.footer", value: { reducers: ["max"] } })] },
    "three frames": { results: waves(THREE.map((name) => `${name} "x"`)) },
    "no frames": { results: {} },
  }),
  text: kind("text", [300, 200], {}, {
    markdown: { options: { content: "# Rig\n\nA **warm** *place*, `70 °C`.\n\n- one\n  - two\n\n1. a\n\n> quote\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[link](https://example.org) ![i](/x.png)\n\n---\n~~~\n<b>\n~~~" } },
    html: { options: { mode: "html", content: '<h2 onclick="x()">Hi</h2><p style="color: red; position: fixed">a <a href="javascript:1">b</a><script>1</script></p>' } },
    code: { options: { mode: "code", content: "if (a < b) { c(); }" } },
    empty: {},
  }),
  timeseries: kind("timeseries", [480, 240], waves(THREE), {
    "list below": {},
    "list at the right": { options: { legend: { placement: "right", calcs: ["mean"] } } },
    "table below": { options: { legend: { displayMode: "table", calcs: ["lastNotNull", "max"] } } },
    "sorted table": { options: { legend: { displayMode: "table", placement: "right", calcs: ["mean", "max"], sortBy: "Max", sortDesc: true } } },
    "sorted by name": { options: { legend: { displayMode: "table", calcs: ["mean"], sortBy: "Name" } } },
    "no legend": { options: { legend: { showLegend: false } } },
    "two axes": { overrides: [named("Road", { id: "unit", value: "celsius" }, { id: "custom.axisPlacement", value: "right" }, { id: "max", value: 200 })] },
    stacked: { defaults: { custom: { stacking: { mode: "normal" }, fillOpacity: 30, gradientMode: "opacity" }, max: undefined } },
    "stacked in percent": { defaults: { custom: { stacking: { mode: "percent" }, fillOpacity: 60, lineInterpolation: "smooth" }, min: undefined, max: undefined } },
    bars: { defaults: { custom: { drawStyle: "bars", fillOpacity: 80, gradientMode: "hue" } }, results: waves(ONE) },
    "points, steps and dashes": {
      overrides: [named("North rack", { id: "custom.drawStyle", value: "points" }), named("Road", { id: "custom.lineInterpolation", value: "stepAfter" }),
        named("South shed", { id: "custom.lineStyle", value: { fill: "dash", dash: [4, 4] } }, { id: "custom.showPoints", value: "always" }, { id: "custom.lineInterpolation", value: "stepBefore" })],
    },
    "thresholds as lines and areas": { defaults: { custom: { thresholdsStyle: { mode: "dashed+area" } } } },
    "by value along a scheme": { defaults: { color: { mode: "thresholds" }, custom: { gradientMode: "scheme", fillOpacity: 40, thresholdsStyle: { mode: "line" } } }, results: waves(ONE) },
    "by value along a ramp": { defaults: { color: { mode: "continuous-GrYlRd" }, custom: { gradientMode: "scheme", fillOpacity: 40 } }, results: waves(ONE) },
    "log scale": { defaults: { min: undefined, max: undefined, custom: { scaleDistribution: { type: "log", log: 10 }, axisLabel: "Power", axisColorMode: "series" } } },
    "symlog, mirrored, whole numbers": {
      defaults: { min: undefined, max: undefined, decimals: 0, custom: { scaleDistribution: { type: "symlog" }, axisCenteredZero: true } },
      overrides: [named("Road", { id: "custom.transform", value: "negative-Y" })],
    },
    "too low for a legend": { size: [300, 90] },
  }),
};
