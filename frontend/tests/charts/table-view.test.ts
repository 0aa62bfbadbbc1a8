// @vitest-environment jsdom
/** Charts in the page that keep what their reader chose: the table's order and frame. */
import { beforeEach, describe, expect, it } from "vitest";
import type { PanelView } from "../../src/charts/kinds/view";
import { installPage } from "../support/page";
import { CASES, type Case } from "./cases";
import { dataOf } from "./picture";

installPage();
const { MOUNTS } = await import("../../src/charts/kinds/parts");
const caseOf = (name: string): Case => CASES["table"]!.find((one) => one.name === name)!;

let host: HTMLElement;
let view: PanelView;
beforeEach(() => {
  document.body.replaceChildren((host = document.createElement("div")));
  view = MOUNTS["table"]!(host);
});
const show = (name: string, change = {}): void => view.draw({ ...dataOf(caseOf(name), "dark"), ...change }, caseOf(name));
const column = (at: number): (string | null)[] => [...host.querySelectorAll(`tbody td:nth-child(${at})`)].map((cell) => cell.textContent);
const head = (at: number): HTMLElement => host.querySelectorAll<HTMLElement>("th button")[at]!;

describe("a table", () => {
  it("sorts by a column up, down and not at all, keeps focus, place and choice", () => {
    show("plain");
    const [table, scroll] = [host.querySelector("table"), host.querySelector<HTMLElement>(".dw-table-scroll")!];
    scroll.scrollTop = 7;
    head(1).focus();
    const orders = [1, 2, 3].map(() => {
      head(1).click();
      return [column(2).join(" "), host.querySelectorAll("th")[1]!.getAttribute("aria-sort")].join(", ");
    });
    expect(orders).toEqual(["rig-1 rig-2 rig-10, ascending", "rig-10 rig-2 rig-1, descending", "rig-1 rig-2 rig-10, none"]);
    head(1).click();
    head(1).click();
    show("plain");
    expect([column(2)[0], host.querySelector("table"), document.activeElement, scroll.scrollTop]).toEqual(["rig-10", table, head(1), 7]);
  });
  it("shows the frame that is chosen, over refreshes too", () => {
    show("three frames");
    const select = host.querySelector("select")!;
    expect([...select.options].map(({ text }) => text)).toEqual(['North rack "x"', 'South shed "x"', 'Road "x"']);
    select.value = "2";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    show("three frames");
    expect([host.querySelectorAll("th")[1]!.textContent, select.value]).toEqual(['Road "x"', "2"]);
    view.destroy();
    expect(host.childNodes.length).toBe(0);
  });
  it("says that it shows the first rows of many", () => {
    const many = Array.from({ length: 2001 }, (_, row) => ({ metric: { n: String(row) }, value: [1, String(row)] }));
    const results = { A: { status: 200, instant: true, answer: { status: "success", data: { resultType: "vector", result: many } } } };
    view.draw(dataOf({ ...caseOf("plain"), results }, "dark"), { width: 400, height: 200 });
    expect([host.querySelectorAll("tbody tr").length, host.querySelector(".dw-note")!.textContent]).toEqual([2000, "The first 2000 of 2001 rows are shown."]);
  });
});

describe("every kind", () => {
  it.each(Object.keys(MOUNTS).filter((kind) => kind !== "timeseries"))("%s has a view that leaves nothing behind", (kind) => {
    const one = MOUNTS[kind]!(host);
    for (const each of CASES[kind]!) one.draw(dataOf(each, "light"), each);
    expect(host.children.length).toBe(1);
    one.destroy();
    expect(host.childNodes.length).toBe(0);
  });
});
