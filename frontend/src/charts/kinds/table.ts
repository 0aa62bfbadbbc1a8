/** The table panel: rows of a frame with sorting, coloured cells, small bars and a footer of calculations. */
import { readableOn, withAlpha } from "../display/colors";
import type { Field, Frame } from "../display/field";
import { type Display, type Processor, processor, rangeOf, textOf } from "../display/processor";
import { reduce, reducerName } from "../display/reducers";
import { custom, hiddenFrom } from "../frames/overrides";
import { frameName } from "../frames/names";
import { compareValues } from "../frames/transform";
import type { Action } from "../mount";
import { type Child, type Tree, type TreeElement, h } from "../tree";
import { type ChoosingChart, type PanelData, formatContext, option } from "./chart";
import { share } from "./gauge";

const MOST_ROWS = 2000;

interface SortRule {
  displayName?: string;
  desc?: boolean;
}

interface Footer {
  show?: boolean;
  reducer?: string[];
  fields?: string[] | string;
  countRows?: boolean;
}

interface CellOptions {
  type?: string;
  mode?: string;
}

interface Column {
  field: Field;
  name: string;
  show: Processor;
  align: string;
  cell: CellOptions;
}

/** Columns that are shown, in their order. */
export function columnsOf(frame: Frame, data: PanelData): Column[] {
  return frame.fields.filter((field) => !custom(field, "hidden", false) && !hiddenFrom(field, "viz")).map((field) => {
    const align = custom<string>(field, "align", "auto");
    const old = custom<string>(field, "displayMode", "auto");
    return {
      field,
      name: field.displayName ?? field.name,
      show: processor(field, data.theme, formatContext(data)),
      align: align === "auto" || !align ? (field.type === "number" ? "right" : "left") : align,
      cell: custom<CellOptions>(field, "cellOptions", { type: old }),
    };
  });
}

/** Row numbers in the order of a sort rule; nothing chosen keeps the data's order. */
export function sortedRows(frame: Frame, sort: SortRule | null): number[] {
  const rows = Array.from({ length: frame.length }, (_, row) => row);
  const column = sort && frame.fields.find((field) => (field.displayName ?? field.name) === sort.displayName);
  if (!column) return rows;
  const sign = sort.desc ? -1 : 1;
  return rows.sort((a, b) => sign * compareValues(column.values[a], column.values[b]));
}

const BARS = new Set(["gauge", "basic", "gradient-gauge", "lcd-gauge"]);

/** A cell whose number has a bar beside it. */
function barCell(column: Column, display: Display, text: string, style: CellStyle): TreeElement {
  const { min, max } = rangeOf(column.field);
  const background = column.cell.mode === "basic" ? withAlpha(display.color, 0.35) : display.color;
  const bar = h("span", { class: "dw-cell-bar", style: { width: `${share(display.numeric, min, max) * 100}%`, background } });
  return h("td", { class: `${classOf(column) ?? ""} dw-cell-gauge`.trim(), title: text, style },
    h("div", { class: "dw-cell-row" }, h("span", { class: "dw-cell-track" }, bar), h("span", { class: "dw-cell-text", style: { color: display.color } }, text)));
}

type CellStyle = Readonly<Record<string, string>>;

function cellStyle(column: Column, color: string): CellStyle {
  const kind = column.cell.type ?? "auto";
  const align = { "text-align": column.align };
  if (kind === "color-text") return { ...align, color };
  if (kind !== "color-background" && !kind.startsWith("color-background-")) return align;
  const gradient = column.cell.mode === "gradient" || (kind === "color-background" && column.field.config.custom?.["displayMode"] === kind);
  return { ...align, background: gradient ? `linear-gradient(120deg, ${color}, ${withAlpha(color, 0.85)})` : color, color: readableOn(color) };
}

const classOf = (column: Column): string | null => (column.field.type === "number" ? "dw-number" : null);

function cellOf(column: Column, value: unknown): TreeElement {
  const display = column.show(value);
  const text = textOf(display);
  const style = cellStyle(column, display.color);
  const hasBar = BARS.has(column.cell.type ?? "") && column.field.type === "number" && !Number.isNaN(display.numeric);
  return hasBar ? barCell(column, display, text, style) : h("td", { class: classOf(column), title: text, style }, text);
}

/** What a column's footer says: the name of its own calculation where it has one, and its results. */
function footerWords(column: Column, at: number, footer: Footer): { name: string; texts: string[] } {
  const own = custom<{ reducers?: string[] }>(column.field, "footer", {}).reducers ?? [];
  const wanted = footer.show ? (footer.reducer ?? []) : [];
  const chosen = !footer.fields || footer.fields.length === 0 || footer.fields.includes(column.name) || footer.fields.includes(column.field.name);
  const ids = own.length > 0 ? own : column.field.type === "number" && chosen ? wanted : [];
  const texts = ids.map((id) => textOf(column.show(reduce(column.field.values, id))));
  if (texts.length > 0 && own.length > 0) return { name: `${reducerName(ids[0]!)} `, texts };
  return { name: at === 0 && wanted[0] && texts.length === 0 ? reducerName(wanted[0]) : "", texts };
}

function footerOf(columns: readonly Column[], frame: Frame, footer: Footer): TreeElement | null {
  const counts = Boolean(footer.show && footer.countRows && footer.reducer?.includes("count"));
  const said = columns.map((column, at) => footerWords(column, at, footer));
  if (!counts && said.every(({ texts }) => texts.length === 0)) return null;
  const words = (at: number): string => (counts ? (at === 0 ? `Count ${frame.length}` : "") : said[at]!.name + said[at]!.texts.join(" · "));
  return h("tfoot", {}, h("tr", {}, ...columns.map((column, at) => h("td", { style: { "text-align": column.align } }, words(at)))));
}

function headOf(columns: readonly Column[], sort: SortRule | null): TreeElement {
  return h("thead", {}, h("tr", {}, ...columns.map((column) => {
    const sorted = sort?.displayName === column.name ? (sort.desc ? "descending" : "ascending") : "none";
    const arrow = sorted === "none" ? "" : sorted === "descending" ? " ↓" : " ↑";
    const width = custom<number | null>(column.field, "width", null);
    const wide = width ? `${width}px` : null;
    return h("th", { scope: "col", "aria-sort": sorted, style: { "text-align": column.align, width: wide, "min-width": wide } },
      h("button", { type: "button", title: column.name, on: { click: { name: "sort", value: column.name } } }, column.name, h("span", { "aria-hidden": "true" }, arrow)));
  })));
}

function tableOf(frame: Frame, data: PanelData, sort: SortRule | null): TreeElement {
  const columns = columnsOf(frame, data);
  const rows = sortedRows(frame, sort).slice(0, MOST_ROWS);
  return h("table", { class: `dw-grid-table dw-cells-${option(data.panel, "cellHeight", "sm")}` },
    option(data.panel, "showHeader", true) ? headOf(columns, sort) : null,
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...columns.map((column) => cellOf(column, column.field.values[row]))))),
    footerOf(columns, frame, option<Footer>(data.panel, "footer", {})));
}

/** A panel with several frames shows one, chosen below the table as in Grafana. */
function chooserOf(frames: readonly Frame[], chosen: number): TreeElement {
  return h("div", { class: "dw-table-frames" }, h("select", { "aria-label": "Series", on: { change: { name: "frame" } } },
    ...frames.map((frame, at) => h("option", { value: at, selected: at === chosen ? "" : null }, frameName(frame, frames) || `Series ${at + 1}`))));
}

/** The order and the frame the reader has chosen. */
export interface TableChoice {
  sort: SortRule | null;
  frame: number;
}

function draw(data: PanelData, { sort, frame: wanted }: TableChoice): Tree {
  const { frames } = data;
  const frame = frames[Math.min(wanted, frames.length - 1)];
  const content: Child[] = frame
    ? [tableOf(frame, data, sort), frame.length > MOST_ROWS ? h("p", { class: "dw-note" }, `The first ${MOST_ROWS} of ${frame.length} rows are shown.`) : null]
    : [];
  return h("div", { class: "dw-table" }, h("div", { class: "dw-table-scroll", tabindex: 0 }, ...content), frames.length > 1 ? chooserOf(frames, wanted) : null);
}

/** A column's first click sorts upwards, the second downwards, the third not at all. */
function sortedBy(sort: SortRule | null, displayName: string): SortRule | null {
  if (sort?.displayName !== displayName) return { displayName, desc: false };
  return sort.desc ? null : { displayName, desc: true };
}

export const tableChart: ChoosingChart<TableChoice> = {
  atFirst: ({ panel }) => ({ sort: option<SortRule[]>(panel, "sortBy", [])[0] ?? null, frame: 0 }),
  draw: (data, _size, choice) => draw(data, choice),
  after: (choice, action: Action) => (action.name === "frame" ? { ...choice, frame: Number(action.value) } : { ...choice, sort: sortedBy(choice.sort, action.value) }),
};
