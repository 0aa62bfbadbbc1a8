/** The legend below or beside a chart: names with colours, chosen calculations, and switching series on and off. */
import type { Theme } from "../display/colors";
import type { Field } from "../display/field";
import type { FormatContext } from "../display/number";
import { processor, textOf } from "../display/processor";
import { canonicalReducer, keepsUnit, reduce, reducerName } from "../display/reducers";
import { compareValues } from "../frames/transform";
import { element } from "./view";

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

function toggler(item: LegendItem, onToggle: (name: string, alone: boolean) => void): HTMLButtonElement {
  const line = element("span", { class: "dw-legend-line" });
  line.style.setProperty("--dw-series", item.color);
  const button = element("button", { type: "button", class: "dw-legend-name", "aria-pressed": String(!item.off), title: item.name }, line,
    element("span", { class: "dw-legend-text" }, item.name));
  button.addEventListener("click", (event) => onToggle(item.name, !(event.ctrlKey || event.metaKey || event.shiftKey)));
  return button;
}

function listOf(items: readonly LegendItem[], stats: readonly LegendStat[][], onToggle: (name: string, alone: boolean) => void): HTMLElement {
  const list = element("ul", { class: "dw-legend-list" });
  items.forEach((item, at) => {
    const row = element("li", { class: "dw-legend-item", "data-series-name": item.name }, toggler(item, onToggle));
    if (item.off) row.dataset["off"] = "";
    if (item.right) row.dataset["right"] = "";
    for (const stat of stats[at]!) {
      row.append(element("span", { class: "dw-legend-stat", "data-calc": stat.id },
        element("span", { class: "dw-legend-calc" }, `${stat.title}: `), stat.text));
    }
    list.append(row);
  });
  return list;
}

export interface LegendSort {
  by: string;
  desc: boolean;
}

function tableOf(
  items: readonly LegendItem[], stats: readonly LegendStat[][], sort: LegendSort | null,
  onToggle: (name: string, alone: boolean) => void, onSort: (by: string) => void,
): HTMLElement {
  const titles = stats[0]?.map(({ title }) => title) ?? [];
  const head = element("tr");
  for (const title of ["Name", ...titles]) {
    const label = element("button", { type: "button", class: "dw-legend-sort" }, title);
    if (sort?.by === title) label.append(element("span", { "aria-hidden": "true" }, sort.desc ? " ↓" : " ↑"));
    label.addEventListener("click", () => onSort(title));
    const sorted = sort?.by === title ? (sort.desc ? "descending" : "ascending") : "none";
    head.append(element("th", { scope: "col", "aria-sort": sorted, class: title === "Name" ? "" : "dw-number" }, label));
  }
  const order = items.map((_item, at) => at);
  if (sort) {
    const sign = sort.desc ? -1 : 1;
    const value = (at: number): unknown =>
      sort.by === "Name" ? items[at]!.name : stats[at]!.find(({ title }) => title === sort.by)?.numeric;
    order.sort((a, b) => sign * compareValues(value(a), value(b)));
  }
  const body = element("tbody");
  for (const at of order) {
    const item = items[at]!;
    const row = element("tr", { class: "dw-legend-row", "data-series-name": item.name }, element("td", {}, toggler(item, onToggle)));
    if (item.off) row.dataset["off"] = "";
    for (const stat of stats[at]!) row.append(element("td", { class: "dw-number", "data-calc": stat.id }, stat.text));
    body.append(row);
  }
  return element("table", { class: "dw-legend-table" }, element("thead", {}, head), body);
}

/** Builds the legend's element anew for the given items. */
export function buildLegend(
  items: readonly LegendItem[], options: LegendOptions, sort: LegendSort | null, theme: Theme, context: FormatContext,
  onToggle: (name: string, alone: boolean) => void, onSort: (by: string) => void,
): HTMLElement {
  const stats = items.map(({ field }) => legendStats(field, options.calcs ?? [], theme, context));
  const table = options.displayMode === "table";
  const made = table ? tableOf(items, stats, sort, onToggle, onSort) : listOf(items, stats, onToggle);
  return element("div", { class: `dw-legend dw-legend-${options.placement === "right" ? "right" : "bottom"}` }, made);
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
