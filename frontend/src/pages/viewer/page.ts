/** The dashboard as a whole: settings, toolbar, grid, refreshing, and standing aside while the link is not live. */
import type { Theme } from "../../charts/display/colors";
import { element } from "../../lib/dom";
import { type ThemeChoice, onHostTheme, reportHeight, tellHost } from "../../lib/host";
import { type TimeRange, parseRange } from "../../lib/time/relative";
import { Grid } from "./grid";
import { LinkWatch } from "./link-watch";
import { buildNotice } from "./notice";
import type { CardContext } from "./panel-card";
import { type News, Refresher } from "./refresher";
import { type PageData, type Settings, settingsOf } from "./settings";
import { buildToolbar } from "./toolbar";

/** A clock that differs less than this is taken as right. */
const SKEW_MS = 5000;

export class Page {
  private readonly settings: Settings;
  private readonly skew: number;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly root = element("div", { class: "dw-page" });
  private readonly grid: Grid;
  private readonly refresher: Refresher;
  private readonly link: LinkWatch;
  private notice: HTMLElement | null = null;
  private drawn = false;

  constructor(private readonly data: PageData) {
    this.settings = settingsOf(data, location.search);
    const ahead = data.now - Date.now();
    this.skew = Math.abs(ahead) > SKEW_MS ? ahead : 0;
    this.refresher = new Refresher(() => this.refreshSeen(), newsHere(data));
    this.link = new LinkWatch(data.state_url, () => this.now(), data.frame ?? "", (state, until) => this.showState(state, until));
    this.grid = new Grid(data.document.panels ?? [], this.context(), () => this.link.isLive);
  }

  /** Ask for what is on the first screen, then build the page around the answers. */
  start(): void {
    this.applyTheme();
    const first = this.grid.askFirst();
    this.build();
    for (const card of first) card.draw();
    if (this.grid.isEmpty) this.onDrawn();
    this.listen();
    this.refresher.every(this.settings.refreshMs);
    this.link.start(this.data.expires_at);
  }

  private now(): number {
    return Date.now() + this.skew;
  }

  private theme(): Theme {
    if (this.settings.theme !== "auto") return this.settings.theme;
    return this.dark.matches ? "dark" : "light";
  }

  private context(): CardContext {
    return {
      dataUrl: this.data.data_url,
      theme: () => this.theme(),
      range: (): TimeRange => parseRange(this.settings.from, this.settings.to, this.now(), this.settings.timeZone),
      rangeTexts: () => ({ from: this.settings.from, to: this.settings.to }),
      timeZone: this.settings.timeZone,
      now: () => this.now(),
      onRefused: (status, id) => this.link.onRefused(status, id),
      onDrawn: () => this.onDrawn(),
      onFailure: (panelId, message) => tellHost({ type: "error", panelId, message }),
    };
  }

  private build(): void {
    const bar = buildToolbar(this.data.title, this.settings, this.data.document.timepicker?.refresh_intervals, this.now(), {
      onRange: (from, to) => {
        Object.assign(this.settings, { from, to });
        this.refreshSeen(true);
      },
      onRefresh: (ms) => {
        this.settings.refreshMs = ms;
        this.refresher.every(ms);
      },
      onNow: () => this.refreshSeen(),
    });
    if (bar) this.root.append(bar);
    this.root.append(this.grid.element);
    this.grid.fill();
    if (this.settings.transparent) document.documentElement.dataset["transparent"] = "";
    (document.getElementById("dashwright-viewer") ?? document.body).append(this.root);
    reportHeight(this.root);
  }

  private refreshSeen(restart = false): void {
    if (this.link.isLive) this.grid.refreshSeen(restart);
  }

  private listen(): void {
    this.dark.addEventListener("change", () => this.applyTheme());
    onHostTheme((theme) => this.setTheme(theme));
    // A width that crosses the density of the display changes nothing in the layout but needs sharper canvases.
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => this.grid.redraw());
  }

  private setTheme(theme: ThemeChoice): void {
    this.settings.theme = theme;
    this.applyTheme();
  }

  private applyTheme(): void {
    document.documentElement.dataset["theme"] = this.theme();
    this.grid.redraw();
  }

  private onDrawn(): void {
    if (this.drawn) return;
    this.drawn = true;
    performance.mark("dashwright-first-panel");
    // The page's height is known for nothing in the next frame; asking now would lay out the page between two panels.
    requestAnimationFrame(() => tellHost({ type: "loaded", title: this.data.title, height: Math.ceil(this.root.getBoundingClientRect().height) }));
  }

  private showState(state: string, until: string | null): void {
    const live = state === "live";
    this.notice?.remove();
    this.notice = null;
    this.grid.element.hidden = !live;
    tellHost({ type: state, state, until });
    if (live) {
      this.refreshSeen();
      return;
    }
    this.grid.clear();
    this.notice = buildNotice(state, until);
    this.root.append(this.notice);
  }
}

/** The moments of news on this browser's clock, which may be off: the page's answer began when its `now` was read. */
function newsHere({ news, now }: PageData): News | null {
  if (!news) return null;
  const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  const madeAt = page?.responseStart ? performance.timeOrigin + page.responseStart : Date.now();
  return { every: news.every, at: news.at + madeAt - now };
}
