/** Every kind of panel with its main options, as the text of its tree. `npx vitest run -u` writes what is drawn now. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { panelHead, panelOverlay } from "../../src/charts/kinds/panel-frame";
import { markup } from "../../src/charts/markup";
import { tooltipRows, tooltipTree } from "../../src/charts/timeseries/tooltip";
import type { Tree } from "../../src/charts/tree";
import { CASES } from "./cases";
import { DRAWS, dataOf, planOf } from "./picture";

/** One element a line, so that a difference shows where it is. */
const lines = (tree: Tree): string => markup(tree).replace(/(?<=>)(?=<(?!\/))/g, "\n");
const paragraphs = (parts: readonly (readonly [string, Tree])[]): string => parts.map(([name, tree]) => `## ${name}\n${lines(tree)}\n`).join("\n");

describe("pictures are as they were", () => {
  it.each(Object.keys(DRAWS))("%s", async (kind) => {
    const draw = DRAWS[kind]!;
    const pictures = CASES[kind]!.map((one) => [one.name, draw(dataOf(one, "dark"), one)] as const);
    const [first] = CASES[kind]!;
    pictures.push(["in the light theme", draw(dataOf(first!, "light"), first!)]);
    await expect(paragraphs(pictures)).toMatchFileSnapshot(`golden/${kind}.html`);
  });
  it("tooltips", async () => {
    const made = planOf(dataOf(CASES["timeseries"]![0]!, "dark"));
    const shown = (options: object, nearest: number): Tree => tooltipTree(tooltipRows(made, options, 3, nearest), made.times[3]!, "utc");
    await expect(paragraphs([
      ["the nearest alone", shown({ mode: "single" }, 1)], ["all, falling", shown({ mode: "multi", sort: "desc" }, 2)], ["all, rising", shown({ mode: "multi", sort: "asc" }, 2)],
    ])).toMatchFileSnapshot("golden/tooltip.html");
  });
  it("what surrounds a panel", async () => {
    const fine = { stale: null, missing: [] };
    await expect(paragraphs([
      ["nothing to say", panelHead({}, fine)],
      ["title, words and range", panelHead({ title: "Power <1>", description: "Of the rack", timeFrom: "now-2h" }, fine)],
      ["range not shown", panelHead({ title: "Power", timeFrom: "2h", hideTimeOverride: true }, fine)],
      ["old and partial", panelHead({ title: "Power" }, { stale: { since: "a minute ago", why: "down" }, missing: ["B: down", "C: late"] })],
      ["a picture", panelOverlay({ kind: "none" })],
      ["an unknown type", panelOverlay({ kind: "unknown", type: "geomap" })],
      ["no type", panelOverlay({ kind: "unknown", type: undefined })],
      ["no data", panelOverlay({ kind: "nodata", words: undefined, range: "Last 6 hours" })],
      ["no data, in the panel's words", panelOverlay({ kind: "nodata", words: "Switched off", range: "Last 6 hours" })],
      ["a failure", panelOverlay({ kind: "error", message: "The data source could not be reached" })],
    ])).toMatchFileSnapshot("golden/frame.html");
  });
});

describe("charts are pure", () => {
  afterEach(() => vi.restoreAllMocks());
  it.each(Object.keys(DRAWS))("%s draws the same twice, without a page or a clock, and leaves its data alone", (kind) => {
    expect(globalThis).not.toHaveProperty("document");
    const clock = vi.spyOn(Date, "now");
    for (const one of CASES[kind]!) {
      const data = dataOf(one, "dark");
      const before = JSON.stringify(data.frames);
      clock.mockReturnValue(0);
      const first = markup(DRAWS[kind]!(data, one));
      clock.mockReturnValue(2e12);
      expect(markup(DRAWS[kind]!(data, one))).toBe(first);
      expect(JSON.stringify(data.frames)).toBe(before);
    }
  });
});
