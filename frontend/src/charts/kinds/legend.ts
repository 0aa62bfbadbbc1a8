/** The legend below or beside a chart: names with colours, chosen calculations, and switching series on and off. */
import type { Theme } from "../display/colors";
import type { Field } from "../display/field";
import type { FormatContext } from "../display/number";
import { processor, textOf } from "../display/processor";
import { canonicalReducer, keepsUnit, reduce, reducerName } from "../display/reducers";
import { compareValues } from "../frames/transform";
import type { Action } from "../mount";
import { type Tree, type TreeElement, h } from "../tree";

export interface LegendOptions {
  showLegend?: boolean;
  displayMode?: string;
  placement?: string;
  calcs?: string[];
  sortBy?: string;
  sortDesc?: boolean;
  width?: number;
}

export interface LegendItem {
  name: string;
  color: string;
  field: Field;
  off: boolean;
  /** Drawn against the right axis. */
  right?: boolean;
}

export interface LegendStat {
  id: string;
  title: string;
  text: string;
  numeric: number;
}

/** Calculations of a series as the legend prints them. */
export function legendStats(field: Field, calcs: readonly string[], theme: Theme, context: FormatContext): LegendStat[] {
  return calcs.map((given) => {
    const id = canonicalReducer(given);
    const config = keepsUnit(id) ? field.config : { ...field.config, unit: id === "diffperc" ? "percent" : undefined, mappings: undefined };
    const display = processor({ ...field, config }, theme, context)(reduce(field.values, id));
    return { id, title: reducerName(id), text: textOf(display), numeric: display.numeric };
  });
}

export function isLegendShown(options: LegendOptions | undefined): boolean {
  return options?.showLegend !== false && options?.displayMode !== "hidden";
}

/** The short line that shows a series' colour beside its name. */
export const seriesLine = (color: string): TreeElement => h("span", { class: "dw-legend-line", style: { "--dw-series": color } });

function toggler(item: LegendItem): TreeElement {
  return h("button", { type: "button", class: "dw-legend-name", "aria-pressed": String(!item.off), title: item.name, on: { click: { name: "toggle", value: item.name } } },
    seriesLine(item.color), h("span", { class: "dw-legend-text" }, item.name));
}

function listOf(items: readonly LegendItem[], stats: readonly LegendStat[][]): TreeElement {
  return h("ul", { class: "dw-legend-list" }, ...items.map((item, at) =>
    h("li", { class: "dw-legend-item", "data-series-name": item.name, "data-off": item.off ? "" : null, "data-right": item.right ? "" : null }, toggler(item),
      ...stats[at]!.map((stat) => h("span", { class: "dw-legend-stat", "data-calc": stat.id }, h("span", { class: "dw-legend-calc" }, `${stat.title}: `), stat.text)))));
}

export interface LegendSort {
  by: string;
  desc: boolean;
}

function headOf(titles: readonly string[], sort: LegendSort | null): TreeElement {
  return h("thead", {}, h("tr", {}, ...titles.map((title) => {
    const sorted = sort?.by === title ? (sort.desc ? "descending" : "ascending") : "none";
    const arrow = sorted === "none" ? null : h("span", { "aria-hidden": "true" }, sorted === "descending" ? " ↓" : " ↑");
    return h("th", { scope: "col", "aria-sort": sorted, class: title === "Name" ? null : "dw-number" },
      h("button", { type: "button", class: "dw-legend-sort", on: { click: { name: "sort", value: title } } }, title, arrow));
  })));
}

/** Places of the items in the wanted order. */
function orderOf(items: readonly LegendItem[], stats: readonly LegendStat[][], sort: LegendSort | null): number[] {
  const order = items.map((_item, at) => at);
  if (!sort) return order;
  const sign = sort.desc ? -1 : 1;
  const value = (at: number): unknown =>
    sort.by === "Name" ? items[at]!.name : stats[at]!.find(({ title }) => title === sort.by)?.numeric;
  return order.sort((a, b) => sign * compareValues(value(a), value(b)));
}

function tableOf(items: readonly LegendItem[], stats: readonly LegendStat[][], sort: LegendSort | null): TreeElement {
  const rows = orderOf(items, stats, sort).map((at): Tree => {
    const item = items[at]!;
    return h("tr", { class: "dw-legend-row", "data-series-name": item.name, "data-off": item.off ? "" : null }, h("td", {}, toggler(item)),
      ...stats[at]!.map((stat) => h("td", { class: "dw-number", "data-calc": stat.id }, stat.text)));
  });
  return h("table", { class: "dw-legend-table" }, headOf(["Name", ...(stats[0]?.map(({ title }) => title) ?? [])], sort), h("tbody", {}, ...rows));
}

/** How much of its chart's box a legend may take, px. */
export interface LegendRoom {
  right: boolean;
  maxWidth: number | null;
  maxHeight: number;
}

export function legendTree(
  items: readonly LegendItem[], options: LegendOptions, sort: LegendSort | null, room: LegendRoom, theme: Theme, context: FormatContext,
): TreeElement {
  const stats = items.map(({ field }) => legendStats(field, options.calcs ?? [], theme, context));
  const style = { "max-width": room.maxWidth === null ? null : `${room.maxWidth}px`, "max-height": `${room.maxHeight}px` };
  return h("div", { class: `dw-legend dw-legend-${room.right ? "right" : "bottom"}`, style },
    options.displayMode === "table" ? tableOf(items, stats, sort) : listOf(items, stats));
}

/** Names switched off after a click: alone shows just that one, again shows all; otherwise it is switched by itself. */
export function toggled(hidden: ReadonlySet<string>, names: readonly string[], name: string, alone: boolean): Set<string> {
  if (!alone) {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    return next;
  }
  const others = names.filter((each) => each !== name);
  const already = !hidden.has(name) && others.length > 0 && others.every((each) => hidden.has(each));
  return already ? new Set() : new Set(others);
}

/** What the reader has chosen of a legend. */
export interface LegendChoice {
  hidden: ReadonlySet<string>;
  sort: LegendSort | null;
}

function sortedBy(sort: LegendSort | null, by: string): LegendSort | null {
  if (sort?.by !== by) return { by, desc: true };
  return sort.desc ? { by, desc: false } : null;
}

/** What is chosen after an action; `names` are all in the legend. */
export function legendChoice({ hidden, sort }: LegendChoice, action: Action, names: readonly string[]): LegendChoice {
  if (action.name === "sort") return { hidden, sort: sortedBy(sort, action.value) };
  return { hidden: toggled(hidden, names, action.value, !action.adding), sort };
}
