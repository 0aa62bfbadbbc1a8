/** What Grafana itself printed, coloured and reduced, line by line. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Theme, classicPalette, colorByName, surfaces } from "../../src/charts/display/colors";
import { colormaps } from "../../src/charts/display/colormaps";
import type { Field, FieldConfig } from "../../src/charts/display/field";
import { provideColormap, rampColors, readablePalette } from "../../src/charts/display/fieldcolor";
import { joined } from "../../src/charts/display/number";
import { processor, textOf } from "../../src/charts/display/processor";
import { reduce } from "../../src/charts/display/reducers";
import { unitFormat } from "../../src/charts/display/units";

const GOLDEN = fileURLToPath(new URL("../../../tests/golden/display/", import.meta.url));
const lines = <T>(name: string): T[] =>
  readFileSync(GOLDEN + name, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line) as T);

/** The golden data's "57 years ago" was printed on this day. */
const CONTEXT = { timeZone: "utc", now: Date.UTC(2026, 9, 1) };

for (const [mode, colors] of colormaps()) provideColormap(mode, colors);

describe("units print as Grafana prints them", () => {
  const units = lines<{ id: string; cases: [number | null, number | null, string][] }>("units.jsonl");
  it("covers all units", () => expect(units.length).toBe(272));
  it.each(units)("$id", ({ id, cases }) => {
    const format = unitFormat(id);
    for (const [value, decimals, text] of cases) {
      expect([value, decimals, joined(format(value as number, decimals, CONTEXT))]).toEqual([value, decimals, text]);
    }
  });
});

describe("calculations give Grafana's numbers", () => {
  const asJson = (value: unknown): unknown =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value === undefined ? null : value;
  it.each(lines<{ values: unknown[]; results: Record<string, unknown> }>("reducers.jsonl"))("$values", (line) => {
    for (const [id, result] of Object.entries(line.results)) {
      expect([id, asJson(reduce(line.values, id))]).toEqual([id, result]);
    }
  });
});

describe("a field's values look as in Grafana", () => {
  interface Line {
    fieldConfig: FieldConfig;
    theme: Theme;
    cases: { value: unknown; text: string; color: string; percent?: number | null }[];
  }
  it.each(lines<Line>("display.jsonl"))("$theme $fieldConfig.unit", ({ fieldConfig, theme, cases }) => {
    const values = cases.map(({ value }) => value).filter((value) => typeof value === "number");
    const field: Field = { name: "Value", type: "number", values, config: fieldConfig };
    const display = processor(field, theme, CONTEXT);
    for (const { value, text, color, percent } of cases) {
      const shown = display(value);
      const share = shown.percent === undefined ? null : Math.round(shown.percent * 1e6) / 1e6;
      expect({ value, text: textOf(shown), color: shown.color, percent: share === 0 ? 0 : share })
        .toEqual({ value, text, color, percent: percent ?? null });
    }
  });
});

describe("colours have Grafana's names", () => {
  const colors = JSON.parse(readFileSync(GOLDEN + "colors.json", "utf8")) as Record<Theme, {
    named: Record<string, string>;
    classic: string[];
    background: Record<string, string>;
    border: string;
    text: Record<string, string>;
    modes: Record<string, string[] | null>;
  }>;
  it.each(["dark", "light"] as const)("%s", (theme) => {
    const golden = colors[theme];
    for (const [name, color] of Object.entries(golden.named)) expect([name, colorByName(name, theme)]).toEqual([name, color]);
    expect(classicPalette(theme)).toEqual(golden.classic);
    expect(readablePalette(theme)).toEqual(golden.modes["palette-classic-by-name"]);
    expect(surfaces(theme)).toMatchObject({
      canvas: golden.background["canvas"], panel: golden.background["primary"], secondary: golden.background["secondary"],
      border: golden.border, text: golden.text["primary"], textSecondary: golden.text["secondary"],
    });
    for (const [mode, stops] of Object.entries(golden.modes)) {
      if (mode.startsWith("continuous-") && stops && theme === "dark") expect([mode, rampColors(mode, theme)]).toEqual([mode, stops]);
    }
  });
});
