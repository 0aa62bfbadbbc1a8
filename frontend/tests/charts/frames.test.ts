import { describe, expect, it } from "vitest";
import type { Field, Frame } from "../../src/charts/display/field";
import type { Target } from "../../src/charts/frames/document";
import { displayNameOf, fillName } from "../../src/charts/frames/names";
import { hiddenFrom, withFieldConfig } from "../../src/charts/frames/overrides";
import { type QueryResult, framesOf, legendName, metricName, parseSample } from "../../src/charts/frames/prometheus";
import { reducedValues } from "../../src/charts/frames/reduced";
import { transformed, unknownTransformations } from "../../src/charts/frames/transform";

const matrix = (...series: [Record<string, string>, [number, string][]][]): QueryResult => ({
  status: 200, instant: false,
  answer: { status: "success", data: { resultType: "matrix", result: series.map(([metric, values]) => ({ metric, values })) } },
});
const vector = (...series: [Record<string, string>, string][]): QueryResult => ({
  status: 200, instant: true,
  answer: { status: "success", data: { resultType: "vector", result: series.map(([metric, value]) => ({ metric, value: [100, value] })) } },
});
const names = (frames: readonly Frame[]): string[] =>
  withFieldConfig(frames, undefined).flatMap((frame) => frame.fields.filter((field) => field.type !== "time").map((field) => field.displayName!));
const numberField = (values: unknown[], more: Partial<Field> = {}): Field => ({ name: "Value", type: "number", values, config: {}, ...more });

describe("legends are named as Grafana names them", () => {
  it.each([
    [undefined, { __name__: "up", job: "a", instance: "b" }, 'up{instance="b", job="a"}'],
    ["", { job: "a" }, '{job="a"}'],
    [undefined, {}, "sum(up)"],
    [undefined, { __name__: "up" }, "up"],
    ["{{job}} on {{ instance }}", { job: "a", instance: "b" }, "a on b"],
    ["{{missing}}", { job: "a" }, ""],
    ["total", {}, "total"],
    ["__auto", { job: "a" }, ""],
    ["__auto", {}, "sum(up)"],
    ["{{ job}}", { job: 'quo"te\\' }, 'quo"te\\'],
  ])("%s with %j is %s", (format, labels, expected) => {
    expect(legendName(format, labels as Record<string, string>, "sum(up)")).toBe(expected);
  });

  it("quotes label values as Go does", () => {
    expect(metricName({ a: 'x"y\\z\n' })).toBe('{a="x\\"y\\\\z\\n"}');
  });

  it("leaves the metric's name and common words out with __auto", () => {
    const results = { A: matrix([{ __name__: "up", job: "a" }, [[1, "1"]]], [{ __name__: "up", job: "b" }, [[1, "0"]]]) };
    expect(names(framesOf(results, [{ refId: "A", legendFormat: "__auto" }]))).toEqual(['{__name__="up", job="a"}', '{__name__="up", job="b"}']);
    const one = { A: matrix([{ job: "a" }, [[1, "1"]]], [{ job: "b" }, [[1, "0"]]]) };
    expect(names(framesOf(one, [{ refId: "A", legendFormat: "__auto" }]))).toEqual(["a", "b"]);
  });

  it("numbers fields of one name within a frame", () => {
    const frame: Frame = { fields: [numberField([1], { name: "x" }), numberField([2], { name: "x" })], length: 1 };
    expect(frame.fields.map((field) => displayNameOf(field, frame, [frame]))).toEqual(["x 1", "x 2"]);
  });
});

describe("a display name may speak of labels and series", () => {
  const field = numberField([1, 2], { labels: { device: "sda", host: "a" } });
  const frame: Frame = { fields: [{ name: "Time", type: "time", values: [0, 1], config: {} }, field], length: 2 };
  it.each([
    ["${__field.labels.device}", "sda"],
    ["$__field.labels.device!", "sda!"],
    ['${__field.labels["host"]}', "a"],
    ["${__field.labels}", 'device="sda", host="a"'],
    ["${__field.name}", '{device="sda", host="a"}'],
    ["${__series.name}", '{device="sda", host="a"}'],
    ["${__field.labels.none}", ""],
    ["${unknown}", "${unknown}"],
  ])("%s is %s", (text, expected) => expect(fillName(text, field, frame, [frame])).toBe(expected));
});

describe("Prometheus' answers become frames", () => {
  it.each([["1.5", 1.5], ["+Inf", Infinity], ["-Inf", -Infinity], ["NaN", NaN], ["1e3", 1000]])("reads %s", (text, value) => {
    expect(parseSample(text)).toBe(value);
  });

  it("gives a range query one frame per series, in ms", () => {
    const frames = framesOf({ A: matrix([{ a: "1" }, [[1.5, "2"], [2.5, "3"]]]) }, [{ refId: "A" }]);
    expect(frames).toHaveLength(1);
    expect(frames[0]!.fields.map((field) => field.values)).toEqual([[1500, 2500], [2, 3]]);
  });

  it("reads a scalar and nothing", () => {
    const scalar = { status: 200, instant: true, answer: { data: { resultType: "scalar", result: [10, "42"] } } };
    expect(framesOf({ A: scalar }, [])[0]!.fields[1]!.values).toEqual([42]);
    for (const answer of [null, {}, { data: null }, { data: { resultType: "matrix", result: null } }, "html"]) {
      expect(framesOf({ A: { status: 200, answer } }, [])).toEqual([]);
    }
  });

  it("leaves failed queries out", () => {
    expect(framesOf({ A: { status: 502, error: "down" }, B: vector([{}, "1"]) }, [])).toHaveLength(1);
  });

  it("makes a table of labels, one value column per query", () => {
    const targets: Target[] = [{ refId: "A", format: "table" }, { refId: "B", format: "table" }];
    const frames = framesOf({ A: vector([{ job: "x", b: "1" }, "1"], [{ job: "y" }, "2"]), B: vector([{ job: "x" }, "3"]) }, targets);
    expect(frames.map((frame) => frame.fields.map((field) => field.name))).toEqual([["Time", "b", "job", "Value #A"], ["Time", "job", "Value #B"]]);
    expect(frames[0]!.fields[1]!.values).toEqual(["1", ""]);
    expect(framesOf({ A: vector([{ job: "x" }, "1"]) }, targets)[0]!.fields.at(-1)!.name).toBe("Value");
  });

  it("takes cumulative buckets apart", () => {
    const result = matrix([{ le: "+Inf" }, [[1, "10"]]], [{ le: "0.5" }, [[1, "4"]]]);
    const frames = framesOf({ A: result }, [{ refId: "A", format: "heatmap" }]);
    expect(frames.map((frame) => [frame.name, frame.fields[1]!.values])).toEqual([["0.5", [4]], ["+Inf", [6]]]);
  });
});

describe("overrides change the fields they mean", () => {
  const frames = (): Frame[] => framesOf({
    A: matrix([{ dev: "sda" }, [[1, "1"]]], [{ dev: "sdb" }, [[1, "5"]]]), B: matrix([{ dev: "eth0" }, [[1, "9"]]]),
  }, [{ refId: "A", legendFormat: "{{dev}}" }, { refId: "B", legendFormat: "{{dev}}" }]);
  const units = (matcher: { id: string; options?: unknown }): (string | undefined)[] =>
    withFieldConfig(frames(), { defaults: { unit: "short" }, overrides: [{ matcher, properties: [{ id: "unit", value: "bytes" }] }] })
      .map((frame) => frame.fields[1]!.config.unit);
  it.each([
    [{ id: "byName", options: "sda" }, ["bytes", "short", "short"]],
    [{ id: "byNames", options: { names: ["sda", "eth0"] } }, ["bytes", "short", "bytes"]],
    [{ id: "byNames", options: { mode: "exclude", names: ["sda"] } }, ["short", "bytes", "bytes"]],
    [{ id: "byRegexp", options: "/^sd/" }, ["bytes", "bytes", "short"]],
    [{ id: "byRegexp", options: "eth.*" }, ["short", "short", "bytes"]],
    [{ id: "byRegexp", options: "/(/" }, ["short", "short", "short"]],
    [{ id: "byType", options: "number" }, ["bytes", "bytes", "bytes"]],
    [{ id: "byFrameRefID", options: "B" }, ["short", "short", "bytes"]],
    [{ id: "nobodyKnows", options: "B" }, ["short", "short", "short"]],
  ])("%j", (matcher, expected) => expect(units(matcher)).toEqual(expected));

  it("sets nested custom settings without touching other fields, and hides", () => {
    const source = {
      defaults: { custom: { lineWidth: 1, lineStyle: { fill: "solid" } } },
      overrides: [{ matcher: { id: "byName", options: "sda" }, properties: [
        { id: "custom.lineStyle.fill", value: "dash" }, { id: "custom.hideFrom", value: { legend: true, viz: false, tooltip: false } },
        { id: "__proto__.polluted", value: 1 },
      ] }],
    };
    const [first, second] = withFieldConfig(frames(), source);
    expect(first!.fields[1]!.config.custom).toMatchObject({ lineWidth: 1, lineStyle: { fill: "dash" } });
    expect(second!.fields[1]!.config.custom).toMatchObject({ lineStyle: { fill: "solid" } });
    expect(hiddenFrom(first!.fields[1]!, "legend")).toBe(true);
    expect(hiddenFrom(first!.fields[1]!, "viz")).toBe(false);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("counts colour places over all series and takes the range of all", () => {
    const applied = withFieldConfig(frames(), { defaults: { max: 20 } });
    expect(applied.map((frame) => frame.fields[1]!.seriesIndex)).toEqual([0, 1, 2]);
    expect(applied[0]!.fields[1]!.range).toEqual({ min: 1, max: 20 });
  });
});

describe("values are reduced for stats and gauges", () => {
  const frames = withFieldConfig(framesOf({ A: matrix([{ d: "a" }, [[1, "1"], [2, "3"]]], [{ d: "b" }, [[1, "5"], [2, "NaN"]]]) }, [{ refId: "A", legendFormat: "{{d}}" }]), {});
  it("one per series and calculation", () => {
    const values = reducedValues(frames, { calcs: ["lastNotNull"] }, undefined, "dark", {});
    expect(values.map(({ title, display }) => [title, display.text])).toEqual([["a", "3"], ["b", "5"]]);
    expect(reducedValues(frames, { calcs: ["min", "max"] }, undefined, "dark", {})).toHaveLength(4);
  });
  it("one per row, up to a limit", () => {
    expect(reducedValues(frames, { values: true, limit: 3 }, undefined, "dark", {})).toHaveLength(3);
  });
  it("of the chosen fields", () => {
    expect(reducedValues(frames, { calcs: ["last"], fields: "/^b$/" }, undefined, "dark", {}).map(({ title }) => title)).toEqual(["b"]);
  });
});

describe("transformations", () => {
  const table = (): Frame[] => framesOf({ A: vector([{ job: "x" }, "1"], [{ job: "y" }, "2"]), B: vector([{ job: "x" }, "30"], [{ job: "y" }, "10"]) },
    [{ refId: "A", format: "table" }, { refId: "B", format: "table" }]);
  const cells = (frames: readonly Frame[]): unknown[] => frames.map((frame) => Object.fromEntries(frame.fields.map((field) => [displayNameOf(field, frame), field.values])));
  it("merge joins rows that agree", () => {
    expect(cells(transformed(table(), [{ id: "merge" }]))).toEqual([{ Time: [100000, 100000], job: ["x", "y"], "Value #A": [1, 2], "Value #B": [30, 10] }]);
  });
  it("organize leaves out, orders and renames", () => {
    const options = { excludeByName: { Time: true }, indexByName: { "Value #A": 0, job: 1 }, renameByName: { "Value #A": "Load", job: "Job" } };
    expect(cells(transformed(table(), [{ id: "merge" }, { id: "organize", options }]))).toEqual([{ Load: [1, 2], Job: ["x", "y"], "Value #B": [30, 10] }]);
    const made = transformed(table(), [{ id: "merge" }, { id: "organize", options }]);
    expect(made[0]!.fields.map((field) => field.name)).toEqual(["Value #A", "job", "Value #B"]);
  });
  it("sortBy sorts, disabled ones do nothing, unknown ones are named", () => {
    const sorted = transformed(table(), [{ id: "merge" }, { id: "sortBy", options: { sort: [{ field: "Value #B" }] } }]);
    expect(sorted[0]!.fields.find((field) => field.name === "job")!.values).toEqual(["y", "x"]);
    expect(transformed(table(), [{ id: "merge", disabled: true }])).toHaveLength(2);
    expect(unknownTransformations([{ id: "merge" }, { id: "extractFields" }])).toEqual(["extractFields"]);
  });
  it("filterFieldsByName, labelsToFields, reduce", () => {
    expect(cells(transformed(table(), [{ id: "filterFieldsByName", options: { include: { names: ["job"] } } }]))[0]).toEqual({ job: ["x", "y"] });
    const lines = framesOf({ A: matrix([{ d: "a" }, [[1, "1"], [2, "3"]]]) }, [{ refId: "A", legendFormat: "{{d}}" }]);
    expect(cells(transformed(lines, [{ id: "labelsToFields" }]))).toEqual([{ Time: [1000, 2000], Value: [1, 3], d: ["a", "a"] }]);
    expect(cells(transformed(lines, [{ id: "reduce", options: { reducers: ["max", "mean"] } }]))).toEqual([{ Field: ["a"], Max: [3], Mean: [2] }]);
  });
});
