// @vitest-environment jsdom
/** The time series panel in the page: what reaches the canvas, and what a reader does to it. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { PanelData } from "../../src/charts/kinds/chart";
import { drawnIn } from "../support/canvas";
import { installPage } from "../support/page";
import { CASES, type Case } from "./cases";
import { BROWSER, dataOf } from "./picture";

installPage();
vi.stubGlobal("getComputedStyle", () => ({ fontFamily: "sans-serif", getPropertyValue: (name: string) => (name === "--dw-axis-text" ? "#111" : "#eee") }));
const { mountTimeSeries } = await import("../../src/charts/timeseries/view");
type View = ReturnType<typeof mountTimeSeries>;

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const casesOf = (name: string): Case => CASES["timeseries"]!.find((one) => one.name === name)!;

let host: HTMLElement;
let view: View;
beforeEach(() => {
  document.body.replaceChildren((host = document.createElement("div")));
  view = mountTimeSeries(host);
});

async function shown(name: string, change: Partial<PanelData> = {}): Promise<PanelData> {
  const one = casesOf(name);
  const data = { ...dataOf(one, "dark"), ...change };
  view.draw(data, one);
  await settled();
  return data;
}

const strokes = (): string[] => drawnIn(host).filter((line) => line.startsWith("stroke"));
const legend = (): (string | null)[][] => [...host.querySelectorAll("[data-series-name]")].map((row) => [row.getAttribute("data-series-name"), row.getAttribute("data-off")]);
const buttons = (): HTMLElement[] => [...host.querySelectorAll<HTMLElement>(".dw-legend-name")];

describe("what reaches the canvas is as it was", () => {
  it("in every case", async () => {
    const parts: string[] = [];
    for (const { name } of CASES["timeseries"]!) {
      view.destroy();
      view = mountTimeSeries(host);
      await shown(name);
      parts.push(`## ${name}\n${drawnIn(host).join("\n")}\n`);
    }
    await expect(parts.join("\n")).toMatchFileSnapshot("golden/timeseries-canvas.txt");
  });
});

describe("a refresh", () => {
  it("keeps the chart and moves its data, range and size", async () => {
    const data = await shown("list below");
    const [canvas, before] = [host.querySelector("canvas"), strokes()];
    view.draw({ ...data, range: { from: data.range.from + 60_000, to: data.range.to + 60_000 } }, { width: 300, height: 200 });
    await settled();
    expect(host.querySelector("canvas")).toBe(canvas);
    expect(canvas!.width).toBe(300);
    expect(strokes()).not.toEqual(before);
  });
  it("begins anew in another theme", async () => {
    await shown("list below");
    const canvas = host.querySelector("canvas");
    await shown("list below", { theme: "light" });
    expect(host.querySelector("canvas")).not.toBe(canvas);
    expect(host.querySelectorAll("canvas").length).toBe(1);
  });
  it("leaves the chart what a legend at the right does not take", async () => {
    const one = casesOf("list at the right");
    view.draw(dataOf(one, "dark"), { width: 360, height: 200 });
    await settled();
    expect(host.querySelector<HTMLElement>(".dw-legend")!.style.maxWidth).toBe("180px");
    expect(host.querySelector("canvas")!.width).toBe(240);
  });
  it("takes everything away at the end", async () => {
    await shown("list below");
    view.destroy();
    expect(host.childNodes.length).toBe(0);
  });
});

describe("the legend", () => {
  it("shows a series alone, then all; with a key held it switches one", async () => {
    await shown("list below");
    expect(strokes().length).toBeGreaterThan(2);
    buttons()[1]!.click();
    expect(legend()).toEqual([["North rack", ""], ["South shed", null], ["Road", ""]]);
    buttons()[1]!.click();
    expect(legend().map(([, off]) => off)).toEqual([null, null, null]);
    buttons()[2]!.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    expect(legend().map(([, off]) => off)).toEqual([null, null, ""]);
  });
  it("sorts by a column down, up and not at all", async () => {
    await shown("table below");
    const names = (): unknown[] => legend().map(([name]) => name);
    const sort = (): void => host.querySelectorAll<HTMLElement>(".dw-legend-sort")[0]!.click();
    const orders = [1, 2, 3].map(() => {
      sort();
      return { names: names(), sorted: host.querySelector("th")!.getAttribute("aria-sort") };
    });
    expect(orders).toEqual([
      { names: ["South shed", "Road", "North rack"], sorted: "descending" }, { names: ["North rack", "Road", "South shed"], sorted: "ascending" },
      { names: ["North rack", "South shed", "Road"], sorted: "none" },
    ]);
  });
  it("keeps what was chosen over refreshes", async () => {
    await shown("sorted table");
    buttons()[0]!.click();
    await shown("sorted table");
    expect(legend().filter(([, off]) => off !== null).length).toBe(2);
  });
});

describe("the tooltip", () => {
  const tooltip = (): HTMLElement | null => document.querySelector<HTMLElement>("body > .dw-tooltip");
  const hover = (x: number, y: number): void => {
    const over = host.querySelector<HTMLElement>(".u-over")!;
    over.dispatchEvent(new MouseEvent("mouseenter", { bubbles: true, clientX: x, clientY: y }));
    over.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, clientX: x, clientY: y }));
  };
  it("follows the pointer with the nearest series, within the window, and goes with it", async () => {
    await shown("list below");
    hover(100, 50);
    expect(tooltip()!.querySelectorAll(".dw-tooltip-row").length).toBe(1);
    expect(tooltip()!.style.transform).toMatch(/^translate\(\d+px, \d+px\)$/);
    host.querySelector(".u-over")!.dispatchEvent(new MouseEvent("mouseleave"));
    expect(tooltip()).toBeNull();
  });
  it("has all series, or none at all", async () => {
    const data = await shown("list below");
    view.draw({ ...data, panel: { ...data.panel, options: { tooltip: { mode: "multi", sort: "desc" } } } }, casesOf("list below"));
    hover(100, 50);
    const values = [...tooltip()!.querySelectorAll(".dw-tooltip-value")].map((one) => parseInt(one.textContent!, 10));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(values.length).toBe(3);
    view.draw({ ...data, panel: { ...data.panel, options: { tooltip: { mode: "none" } } } }, casesOf("list below"));
    hover(120, 60);
    expect(tooltip()).toBeNull();
  });
  it("is not there where nothing was measured", async () => {
    const one = casesOf("list below");
    view.draw({ ...dataOf({ ...one, results: {} }, "dark") }, one);
    await settled();
    hover(100, 50);
    expect(tooltip()).toBeNull();
  });
});

describe("time zones", () => {
  it("move the time axis", async () => {
    const times = async (timeZone: string): Promise<string | undefined> => {
      await shown("no legend", { timeZone, browser: BROWSER });
      return drawnIn(host).find((line) => /\d\d:\d\d$/.test(line))?.slice(-5);
    };
    expect([await times("utc"), await times("Asia/Kolkata"), await times("browser")]).toEqual(["12:50", "18:20", "12:50"]);
  });
});
