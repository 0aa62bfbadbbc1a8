/** The time series panel in the page: chart, legend and tooltip, kept alive over refreshes. */
import uPlot from "uplot";
import { type LegendItem, type LegendOptions, type LegendSort, buildLegend, isLegendShown, toggled } from "../kinds/legend";
import { type PanelData, type PanelView, element, option } from "../kinds/view";
import { plotOptions } from "./options";
import { type Plan, isDrawn, plan } from "./plan";
import { Tooltip, type TooltipOptions } from "./tooltip";

const LEGEND_SHARE_BOTTOM = 0.35;
const LEGEND_SHARE_RIGHT = 0.5;
const MIN_CHART_FOR_LEGEND_PX = 110;

class TimeSeriesView implements PanelView {
  private readonly chartBox = element("div", { class: "dw-chart" });
  private readonly tooltip = new Tooltip();
  private readonly box = element("div", { class: "dw-timeseries" });
  private plot: uPlot | null = null;
  private legend: HTMLElement | null = null;
  private hidden: ReadonlySet<string> = new Set();
  private sort: LegendSort | null = null;
  private shape = "";
  private last: { data: PanelData; width: number; height: number } | null = null;
  private made: Plan | null = null;

  constructor(host: HTMLElement) {
    this.box.append(this.chartBox);
    host.append(this.box);
  }

  draw(data: PanelData, width: number, height: number): void {
    const first = this.last === null;
    this.last = { data, width, height };
    const context = { timeZone: data.timeZone, now: data.now };
    const made = plan(data.frames, data.stepMs, data.theme, context, this.hidden);
    this.made = made;
    const options = option<LegendOptions>(data.panel, "legend", {});
    if (first && options.sortBy) this.sort = { by: options.sortBy, desc: options.sortDesc ?? false };
    const room = this.drawLegend(made, options, width, height);
    this.drawChart(made, data, room.width, room.height);
  }

  private drawLegend(made: Plan, options: LegendOptions, width: number, height: number): { width: number; height: number } {
    this.legend?.remove();
    this.legend = null;
    const right = options.placement === "right" && width >= 360;
    this.box.dataset["legend"] = right ? "right" : "bottom";
    const items = made.series.filter(({ inLegend }) => inLegend).map((series): LegendItem => ({
      name: series.name, color: series.color, field: series.field, off: this.hidden.has(series.name),
      right: made.scales.find(({ key }) => key === series.scale)?.side === 1,
    }));
    if (!isLegendShown(options) || items.length === 0 || (!right && height < MIN_CHART_FOR_LEGEND_PX)) return { width, height };
    const { data } = this.last!;
    this.legend = buildLegend(items, { ...options, placement: right ? "right" : "bottom" }, this.sort, data.theme,
      { timeZone: data.timeZone, now: data.now },
      (name, alone) => {
        this.hidden = toggled(this.hidden, items.map((item) => item.name), name, alone);
        this.redraw();
      },
      (by) => {
        this.sort = this.sort?.by === by ? (this.sort.desc ? { by, desc: false } : null) : { by, desc: true };
        this.redraw();
      });
    this.box.append(this.legend);
    if (right) {
      const most = Math.floor(options.width ? Math.min(options.width, width * 0.6) : width * LEGEND_SHARE_RIGHT);
      this.legend.style.maxWidth = `${most}px`;
      this.legend.style.maxHeight = `${height}px`;
      return { width: Math.max(100, width - this.legend.offsetWidth), height };
    }
    this.legend.style.maxHeight = `${Math.floor(height * LEGEND_SHARE_BOTTOM)}px`;
    return { width, height: height - this.legend.offsetHeight };
  }

  private redraw(): void {
    if (this.last) this.draw(this.last.data, this.last.width, this.last.height);
  }

  private drawChart(made: Plan, data: PanelData, width: number, height: number): void {
    const style = getComputedStyle(this.box);
    const chrome = {
      text: style.getPropertyValue("--dw-axis-text").trim(),
      grid: style.getPropertyValue("--dw-axis-grid").trim(),
      font: `12px ${style.fontFamily}`,
    };
    const rows = made.series.map((series) => (isDrawn(series) ? series.drawn : made.times.map(() => null)));
    const values = [made.times, ...rows] as uPlot.AlignedData;
    // The same series in the same look: only the data moves, so the chart is kept and does not flicker.
    const shape = JSON.stringify([
      made.series.map(({ name, color, scale, drawn, field }) => [name, color, scale, drawn.length > 0, field.config.custom]),
      made.scales.map(({ key, side }) => [key, side]), data.theme, data.timeZone, made.series.length,
    ]);
    if (this.plot && shape === this.shape) {
      this.plot.scales["x"]!.range = () => [data.range.from, data.range.to];
      this.plot.batch(() => {
        if (this.plot!.width !== width || this.plot!.height !== height) this.plot!.setSize({ width, height });
        this.plot!.setData(values, true);
      });
      return;
    }
    this.shape = shape;
    this.plot?.destroy();
    this.tooltip.hide();
    this.chartBox.replaceChildren();
    const options = plotOptions(made, data.range, data.theme, data.timeZone, chrome, width, height);
    const pointer = option<TooltipOptions>(data.panel, "tooltip", { mode: "single" });
    options.hooks = {
      ...options.hooks,
      setCursor: [(plot) => this.made && this.tooltip.show(plot, this.made, pointer, data.timeZone)],
    };
    this.plot = new uPlot(options, values, this.chartBox);
    this.plot.over.addEventListener("mouseleave", () => this.tooltip.hide());
  }

  destroy(): void {
    this.tooltip.hide();
    this.plot?.destroy();
    this.box.remove();
  }
}

export function mountTimeSeries(host: HTMLElement): PanelView {
  return new TimeSeriesView(host);
}
