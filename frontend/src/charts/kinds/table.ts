/** The table panel: rows of a frame with sorting, coloured cells, small bars and a footer of calculations. */
import { readableOn, withAlpha } from "../display/colors";
import type { Field, Frame } from "../display/field";
import { type Processor, processor, rangeOf, textOf } from "../display/processor";
import { reduce, reducerName } from "../display/reducers";
import { custom, hiddenFrom } from "../frames/overrides";
import { frameName } from "../frames/names";
import { compareValues } from "../frames/transform";
import { share } from "./gauge";
import { type PanelData, type PanelView, element, option } from "./view";

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
      show: processor(field, data.theme, { timeZone: data.timeZone, now: data.now }),
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

function fillCell(cell: HTMLTableCellElement, column: Column, value: unknown): void {
  const display = column.show(value);
  const text = textOf(display);
  const kind = column.cell.type ?? "auto";
  cell.title = text;
  if (kind === "color-text") cell.style.color = display.color;
  if (kind === "color-background" || kind.startsWith("color-background-")) {
    const gradient = column.cell.mode === "gradient" || (kind === "color-background" && column.field.config.custom?.["displayMode"] === kind);
    cell.style.background = gradient ? `linear-gradient(120deg, ${display.color}, ${withAlpha(display.color, 0.85)})` : display.color;
    cell.style.color = readableOn(display.color);
  }
  if (["gauge", "basic", "gradient-gauge", "lcd-gauge"].includes(kind) && column.field.type === "number" && !Number.isNaN(display.numeric)) {
    const { min, max } = rangeOf(column.field);
    const bar = element("span", { class: "dw-cell-bar" });
    bar.style.width = `${share(display.numeric, min, max) * 100}%`;
    bar.style.background = column.cell.mode === "basic" ? withAlpha(display.color, 0.35) : display.color;
    cell.classList.add("dw-cell-gauge");
    const text_ = element("span", { class: "dw-cell-text" }, text);
    text_.style.color = display.color;
    cell.append(element("div", { class: "dw-cell-row" }, element("span", { class: "dw-cell-track" }, bar), text_));
    return;
  }
  cell.append(text);
}

function footerCells(columns: readonly Column[], frame: Frame, footer: Footer): HTMLElement | null {
  const row = element("tr");
  let any = false;
  columns.forEach((column, at) => {
    const own = custom<{ reducers?: string[] }>(column.field, "footer", {}).reducers ?? [];
    const wanted = footer.show ? (footer.reducer ?? []) : [];
    const chosen = !footer.fields || footer.fields.length === 0 || footer.fields.includes(column.name) || footer.fields.includes(column.field.name);
    const cell = element("td");
    cell.style.textAlign = column.align;
    if (footer.show && footer.countRows && wanted.includes("count")) {
      if (at === 0) cell.append(`Count ${frame.length}`);
      any = true;
    } else {
      const ids = own.length > 0 ? own : column.field.type === "number" && chosen ? wanted : [];
      const texts = ids.map((id) => textOf(column.show(reduce(column.field.values, id))));
      if (texts.length > 0) any = true;
      if (texts.length > 0 && own.length > 0) cell.append(`${reducerName(ids[0]!)} `);
      else if (at === 0 && wanted[0] && texts.length === 0) cell.append(reducerName(wanted[0]));
      cell.append(texts.join(" · "));
    }
    row.append(cell);
  });
  return any ? element("tfoot", {}, row) : null;
}

class TableView implements PanelView {
  private readonly box = element("div", { class: "dw-table" });
  private readonly scroll = element("div", { class: "dw-table-scroll", tabindex: "0" });
  private sort: SortRule | null | undefined;
  private chosen = 0;
  private last: [PanelData, number, number] | null = null;

  constructor(host: HTMLElement) {
    this.box.append(this.scroll);
    host.append(this.box);
  }

  draw(data: PanelData, width: number, height: number): void {
    this.last = [data, width, height];
    if (this.sort === undefined) this.sort = option<SortRule[]>(data.panel, "sortBy", [])[0] ?? null;
    const frame = data.frames[Math.min(this.chosen, data.frames.length - 1)];
    this.box.querySelector(".dw-table-frames")?.remove();
    if (!frame) {
      this.scroll.replaceChildren();
      return;
    }
    const { scrollTop, scrollLeft } = this.scroll;
    this.scroll.replaceChildren(this.tableOf(frame, data));
    this.scroll.scrollTop = scrollTop;
    this.scroll.scrollLeft = scrollLeft;
    if (frame.length > MOST_ROWS) {
      this.scroll.append(element("p", { class: "dw-note" }, `The first ${MOST_ROWS} of ${frame.length} rows are shown.`));
    }
    if (data.frames.length > 1) this.box.append(this.chooser(data.frames));
  }

  private tableOf(frame: Frame, data: PanelData): HTMLTableElement {
    const columns = columnsOf(frame, data);
    const table = element("table", { class: `dw-grid-table dw-cells-${option(data.panel, "cellHeight", "sm")}` });
    if (option(data.panel, "showHeader", true)) table.append(this.headOf(columns));
    const body = element("tbody");
    for (const row of sortedRows(frame, this.sort ?? null).slice(0, MOST_ROWS)) {
      const line = element("tr");
      for (const column of columns) {
        const cell = element("td", column.field.type === "number" ? { class: "dw-number" } : {});
        cell.style.textAlign = column.align;
        fillCell(cell, column, column.field.values[row]);
        line.append(cell);
      }
      body.append(line);
    }
    table.append(body);
    const footer = footerCells(columns, frame, option<Footer>(data.panel, "footer", {}));
    if (footer) table.append(footer);
    return table;
  }

  private headOf(columns: readonly Column[]): HTMLElement {
    const head = element("tr");
    for (const column of columns) {
      const sorted = this.sort?.displayName === column.name ? (this.sort.desc ? "descending" : "ascending") : "none";
      const arrow = sorted === "none" ? "" : sorted === "descending" ? " ↓" : " ↑";
      const button = element("button", { type: "button", title: column.name }, column.name, element("span", { "aria-hidden": "true" }, arrow));
      button.addEventListener("click", () => this.sortBy(column.name));
      const cell = element("th", { scope: "col", "aria-sort": sorted }, button);
      cell.style.textAlign = column.align;
      const width = custom<number | null>(column.field, "width", null);
      if (width) cell.style.width = cell.style.minWidth = `${width}px`;
      head.append(cell);
    }
    return element("thead", {}, head);
  }

  private sortBy(name: string): void {
    const current = this.sort?.displayName === name ? this.sort : null;
    this.sort = !current ? { displayName: name, desc: false } : current.desc ? null : { displayName: name, desc: true };
    if (this.last) this.draw(...this.last);
  }

  /** A panel with several frames shows one, chosen below the table as in Grafana. */
  private chooser(frames: readonly Frame[]): HTMLElement {
    const select = element("select", { "aria-label": "Series" });
    frames.forEach((frame, at) => select.append(new Option(frameName(frame, frames) || `Series ${at + 1}`, String(at), false, at === this.chosen)));
    select.addEventListener("change", () => {
      this.chosen = Number(select.value);
      if (this.last) this.draw(...this.last);
    });
    return element("div", { class: "dw-table-frames" }, select);
  }

  destroy(): void {
    this.box.remove();
  }
}

export function mountTable(host: HTMLElement): PanelView {
  return new TableView(host);
}
