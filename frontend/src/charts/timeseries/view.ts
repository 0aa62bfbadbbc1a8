/** The time series panel in the page: a canvas that uPlot moves, legend and tooltip as trees, kept alive over refreshes. */
import uPlot from "uplot";
import { type PanelData, type Size, formatContext, option } from "../kinds/chart";
import { type LegendChoice, type LegendOptions, isLegendShown, legendChoice, legendTree } from "../kinds/legend";
import type { PanelView } from "../kinds/view";
import { Mount } from "../mount";
import { type Chrome, plotOptions } from "./options";
import { legendItems, legendRoom, shapeOf, timeSeriesTree } from "./panel";
import { type Plan, isDrawn, plan } from "./plan";
import { type TooltipOptions, besidePointer, nearestSeries, tooltipRows, tooltipTree } from "./tooltip";

const LEAST_CHART_PX = 100;

class TimeSeriesView implements PanelView {
  private readonly mount: Mount;
  private readonly tooltip = new Mount(document.body);
  private plot: uPlot | null = null;
  private choice: LegendChoice | null = null;
  private shape = "";
  private last: { data: PanelData; size: Size; made: Plan } | null = null;

  constructor(host: HTMLElement) {
    this.mount = new Mount(host, (action) => {
      if (!this.last || !this.choice) return;
      const { data, size, made } = this.last;
      this.choice = legendChoice(this.choice, action, legendItems(made, this.choice.hidden).map(({ name }) => name));
      this.draw(data, size);
    });
  }

  draw(data: PanelData, size: Size): void {
    const options = option<LegendOptions>(data.panel, "legend", {});
    this.choice ??= { hidden: new Set(), sort: options.sortBy ? { by: options.sortBy, desc: options.sortDesc ?? false } : null };
    const made = plan(data.frames, data.stepMs, data.theme, formatContext(data), this.choice.hidden);
    this.last = { data, size, made };
    this.drawChart(made, data, this.drawLegend(made, options, data, size));
  }

  /** The size left for the chart. */
  private drawLegend(made: Plan, options: LegendOptions, data: PanelData, size: Size): Size {
    const { hidden, sort } = this.choice!;
    const items = legendItems(made, hidden);
    const room = legendRoom(options, size);
    const shown = isLegendShown(options) && items.length > 0 && room;
    const tree = shown ? legendTree(items, options, sort, shown, data.theme, formatContext(data)) : null;
    this.mount.show(timeSeriesTree(room?.right ?? false, tree));
    const legend = this.box.querySelector<HTMLElement>(":scope > .dw-legend");
    if (!legend || !room) return size;
    if (room.right) return { width: Math.max(LEAST_CHART_PX, size.width - legend.offsetWidth), height: size.height };
    return { width: size.width, height: size.height - legend.offsetHeight };
  }

  private get box(): HTMLElement {
    return this.mount.root as HTMLElement;
  }

  private chrome({ browser }: PanelData): Chrome {
    const style = getComputedStyle(this.box);
    return {
      text: style.getPropertyValue("--dw-axis-text").trim(),
      grid: style.getPropertyValue("--dw-axis-grid").trim(),
      font: `12px ${style.fontFamily}`,
      density: devicePixelRatio,
      textWidth: browser.textWidth,
    };
  }

  private drawChart(made: Plan, data: PanelData, size: Size): void {
    const rows = made.series.map((series) => (isDrawn(series) ? series.drawn : made.times.map(() => null)));
    const values = [made.times, ...rows] as uPlot.AlignedData;
    const shape = shapeOf(made, data);
    if (this.plot && shape === this.shape) this.move(this.plot, values, data, size);
    else this.start(made, values, data, size);
    this.shape = shape;
  }

  /** The same series in the same look: only the data moves, so the chart is kept and does not flicker. */
  private move(plot: uPlot, values: uPlot.AlignedData, { range }: PanelData, size: Size): void {
    plot.scales["x"]!.range = () => [range.from, range.to];
    plot.batch(() => {
      if (plot.width !== size.width || plot.height !== size.height) plot.setSize(size);
      plot.setData(values, true);
    });
  }

  private start(made: Plan, values: uPlot.AlignedData, data: PanelData, size: Size): void {
    const { range, theme, timeZone } = data;
    this.plot?.destroy();
    this.tooltip.clear();
    const options = plotOptions(made, { range, theme, timeZone, chrome: this.chrome(data), ...size });
    options.hooks = { ...options.hooks, setCursor: [(plot) => this.showTooltip(plot)] };
    this.plot = new uPlot(options, values, this.box.querySelector<HTMLElement>(".dw-chart")!);
    this.plot.over.addEventListener("mouseleave", () => this.tooltip.clear());
  }

  private showTooltip(plot: uPlot): void {
    const { idx, left, top } = plot.cursor;
    const { made, data } = this.last!;
    const options = option<TooltipOptions>(data.panel, "tooltip", { mode: "single" });
    if (options.mode === "none" || idx === null || idx === undefined || left === undefined || left < 0 || top === undefined) {
      this.tooltip.clear();
      return;
    }
    const rows = tooltipRows(made, options, idx, nearestSeries(made, idx, top, (value, scale) => plot.valToPos(value, scale)));
    if (rows.length === 0) {
      this.tooltip.clear();
      return;
    }
    this.tooltip.show(tooltipTree(rows, plot.data[0]![idx]!, data.timeZone));
    const box = this.tooltip.root as HTMLElement;
    const over = plot.over.getBoundingClientRect();
    const x = besidePointer(over.left + left, box.offsetWidth, innerWidth);
    const y = besidePointer(over.top + top, box.offsetHeight, innerHeight);
    box.style.transform = `translate(${x}px, ${y}px)`;
  }

  destroy(): void {
    this.tooltip.remove();
    this.plot?.destroy();
    this.plot = null;
    this.mount.remove();
  }
}

export const mountTimeSeries = (host: HTMLElement): PanelView => new TimeSeriesView(host);
