/** Transformations and value mappings beyond the golden data. */
import { describe, expect, it } from "vitest";
import { mapValue, readPattern } from "../../src/charts/display/mappings";
import type { Field, Frame } from "../../src/charts/display/field";
import { compareValues, transformed } from "../../src/charts/frames/transform";

const field = (name: string, values: unknown[], more: Partial<Field> = {}): Field => ({ name, type: typeof values[0] === "string" ? "string" : "number", values, config: {}, ...more });
const time = (...values: number[]): Field => ({ name: "Time", type: "time", values, config: {} });
const frame = (refId: string, fields: Field[], name?: string): Frame => ({ refId, fields, length: fields[0]!.values.length, ...(name ? { name } : {}) });
const cells = (frames: readonly Frame[]): Record<string, unknown[]>[] => frames.map((one) => Object.fromEntries(one.fields.map((each) => [each.config.displayName ?? each.name, each.values])));
const apply = (frames: Frame[], id: string, options: Record<string, unknown> = {}): Record<string, unknown[]>[] => cells(transformed(frames, [{ id, options }]));

const A = (): Frame => frame("A", [time(1, 2, 3), field("power", [10, 20, 30], { labels: { rig: "a" } })]);
const B = (): Frame => frame("B", [time(2, 3, 4), field("heat", [7, 8, 9], { labels: { rig: "b" } })]);

describe("joining", () => {
  it("keeps every time, or those that all have", () => {
    expect(apply([A(), B()], "joinByField")).toEqual([{ Time: [1, 2, 3, 4], power: [10, 20, 30, null], heat: [null, 7, 8, 9] }]);
    expect(apply([A(), B()], "joinByField", { mode: "inner", byField: "Time" })).toEqual([{ Time: [2, 3], power: [20, 30], heat: [7, 8] }]);
  });
  it("goes by a text column in its own order, and leaves alone what has none or is alone", () => {
    const one = frame("A", [field("host", ["z", "a"]), field("Value", [1, 2])], "first");
    const two = frame("B", [field("host", ["a"]), field("Value", [3])]);
    const joined = transformed([one, two], [{ id: "seriesToColumns", options: { byField: "host" } }]);
    expect(joined[0]!.fields.map(({ values, labels }) => [values, labels])).toEqual([[["z", "a"], undefined], [[1, 2], { name: "first" }], [[null, 3], undefined]]);
    expect(apply([one, two], "joinByField", { byField: "nobody" }).length).toBe(2);
    expect(apply([one], "joinByField")).toEqual(cells([one]));
  });
});

describe("reducing", () => {
  it("makes rows, labels as columns where that is asked for", () => {
    expect(apply([A(), B()], "reduce", { reducers: ["max"], labelsToFields: true })).toEqual([{ Field: ["power", "heat"], rig: ["a", "b"], Max: [30, 9] }]);
    expect(apply([A()], "reduce", { reducers: ["max"], fields: { id: "byName", options: "nobody" } })).toEqual([]);
    expect(apply([A()], "reduce")).toEqual(cells([A()]));
  });
  it("makes one value of each field", () => {
    const made = transformed([A(), B()], [{ id: "reduce", options: { mode: "reduceFields", reducers: ["sum", "count"] } }]);
    expect(made.map((one) => one.fields.map(({ values, labels }) => [values[0], labels!["reducer"]]))).toEqual([[[60, "Total"], [3, "Count"]], [[24, "Total"], [3, "Count"]]]);
    expect(apply([A()], "reduce", { mode: "reduceFields", reducers: ["last"], includeTimeField: true })).toEqual([{ Time: [3], power: [30] }]);
  });
});

describe("rows and names", () => {
  it("are series below each other, the newest first", () => {
    expect(apply([A(), B()], "seriesToRows")).toEqual([{ Time: [4, 3, 3, 2, 2, 1], Metric: ["heat", "power", "heat", "power", "heat", "power"].map((name) => expect.stringContaining(name)), Value: [9, 30, 8, 20, 7, 10] }]);
  });
  it("are cut, chosen and renamed", () => {
    expect(apply([A()], "limit", { limitField: 2 })).toEqual([{ Time: [1, 2], power: [10, 20] }]);
    expect(apply([A(), B()], "filterByRefId", { include: "B" })).toEqual(cells([B()]));
    expect(apply([A(), B()], "filterByRefId").length).toBe(2);
    const plain = frame("A", [time(1), field("power_total", [1])]);
    expect(apply([plain], "renameByRegex", { regex: "power_(.*)", renamePattern: "$1 W" })).toEqual([{ Time: [1], "total W": [1] }]);
    for (const regex of ["", "("]) expect(apply([plain], "renameByRegex", { regex, renamePattern: "x" })).toEqual(cells([plain]));
  });
  it("are sorted as people count, nothing first", () => {
    expect(["node10", null, "Node2", undefined].sort(compareValues)).toEqual([null, "Node2", "node10", undefined]);
    expect([3, NaN, 1].sort(compareValues)).toEqual([NaN, 1, 3]);
    const rows = frame("A", [field("host", ["b", "a"]), field("Value", [1, 2])]);
    expect(apply([rows], "sortBy", { sort: [{ field: "host", desc: true }] })).toEqual([{ host: ["b", "a"], Value: [1, 2] }]);
    expect(apply([rows], "sortBy", { sort: [{ field: "nobody" }] })).toEqual(cells([rows]));
  });
});

describe("value mappings", () => {
  const result = { text: "mapped", color: "red" };
  it.each([
    [{ type: "value", options: { "1": result } }, 1, "mapped"],
    [{ type: "value", options: { "1": result } }, null, null],
    [{ type: "range", options: { from: 0, to: 10, result } }, "7.5", "mapped"],
    [{ type: "range", options: { from: null, to: 10, result } }, -1e9, "mapped"],
    [{ type: "range", options: { from: 0, to: null, result } }, -1, null],
    [{ type: "range", options: { result } }, "none", null],
    [{ type: "range", options: { result } }, null, null],
    [{ type: "regex", options: { pattern: "/rig-(\\d+)/i", result: { text: "no. $1" } } }, "RIG-7 x", "no. 7 x"],
    [{ type: "regex", options: { pattern: "rig", result } }, "rigs", null],
    [{ type: "regex", options: { pattern: "rig", result: { color: "red" } } }, "rig", undefined],
    [{ type: "regex", options: { pattern: "rig", result } }, 7, null],
    [{ type: "special", options: { match: "null+nan", result } }, NaN, "mapped"],
    [{ type: "special", options: { match: "null", result } }, undefined, "mapped"],
    [{ type: "special", options: { match: "nan", result } }, 1, null],
    [{ type: "special", options: { match: "true", result } }, "true", "mapped"],
    [{ type: "special", options: { match: "false", result } }, false, "mapped"],
    [{ type: "special", options: { match: "empty", result } }, "", "mapped"],
    [{ type: "special", options: { match: "other", result } }, "", null],
    [{ type: "other", options: {} }, "", null],
  ])("%j of %j", (mapping, value, text) => {
    const found = mapValue([mapping as never], value);
    expect(found === null ? null : found.text).toBe(text);
  });
  it.each([["/a/x", null], ["(", null], ["/a/", "/a/"], ["a", "/^a$/"]])("the pattern %s is %s", (text, pattern) => expect(readPattern(text)?.toString() ?? null).toBe(pattern));
});
