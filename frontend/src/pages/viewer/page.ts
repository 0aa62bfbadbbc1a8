/** The dashboard as a whole: settings, grid, cards, refreshing, and standing aside while the link is not live. */
import type { Theme } from "../../charts/display/colors";
import { element } from "../../lib/dom";
import { type TimeRange, parseRange } from "../../lib/time/relative";
import { fetchState } from "./api";
import { onHostTheme, reportHeight, tellHost } from "./host";
import { type Placed, closedAtFirst, estimate, layout } from "./layout";
import { buildNotice, isAboutLink, stateOfStatus } from "./notice";
import { type CardContext, PanelCard } from "./panel-card";
import { Refresher } from "./refresher";
import { type PageData, type Settings, type ThemeChoice, settingsOf } from "./settings";
import { buildToolbar } from "./toolbar";

const ONE_COLUMN = "(max-width: 639px)";
const STATE_EVERY_MS = 15000;
/** While a link is about to come back, the page asks more often. */
const AWAY_STATE_EVERY_MS = 5000;
const COMES_BACK = new Set(["paused", "not_yet", "pending", "failed"]);
/** Panels this far below the frame's edge already ask for data. */
const AHEAD_PX = 200;
/** A clock that differs less than this is taken as right. */
const SKEW_MS = 5000;
const PAGE_PADDING_PX = 16;

export class Page {
  private readonly settings: Settings;
  private readonly skew: number;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");
  private readonly root = element("div", { class: "dw-page" });
  private readonly grid = element("div", { class: "dw-grid" });
  private readonly cards = new Map<string, PanelCard>();
  private readonly closed: Set<string>;
  private readonly refresher = new Refresher(() => this.refreshSeen());
  private readonly stateCheck = new Refresher(() => void this.checkState());
  private readonly seen: IntersectionObserver;
  private notice: HTMLElement | null = null;
  private shownState = "live";
  private drawn = false;
  private checking: Promise<void> | null = null;
  private ends: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly data: PageData) {
    this.settings = settingsOf(data, location.search);
    const ahead = data.now - Date.now();
    this.skew = Math.abs(ahead) > SKEW_MS ? ahead : 0;
    this.closed = closedAtFirst(data.document.panels ?? []);
    this.seen = new IntersectionObserver((entries) => this.onSeen(entries), { rootMargin: `${AHEAD_PX}px 0px` });
  }

  /** Ask for what is on the first screen, then build the page around the answers. */
  start(): void {
    this.applyTheme();
    const items = layout(this.data.document.panels ?? [], this.closed);
    const spots = estimate(items, innerWidth - PAGE_PADDING_PX, matchMedia(ONE_COLUMN).matches);
    const first: PanelCard[] = [];
    items.forEach((item, at) => {
      if (item.isRow) return;
      const card = this.cardOf(item, spots[at]!.width);
      if (spots[at]!.top >= innerHeight) return;
      card.visible = true;
      first.push(card);
      void card.refresh();
    });
    this.build(items);
    for (const card of first) card.draw();
    if (items.length === 0) this.onDrawn();
    this.listen();
    this.refresher.every(this.settings.refreshMs);
    this.stateCheck.every(STATE_EVERY_MS);
    this.askAgainAt(this.data.expires_at);
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
      onRefused: (status, id) => this.onRefused(status, id),
      onDrawn: () => this.onDrawn(),
      onFailure: (panelId, message) => tellHost({ type: "error", panelId, message }),
    };
  }

  private cardOf(item: Placed, width: number): PanelCard {
    let card = this.cards.get(item.key);
    if (!card) this.cards.set(item.key, (card = new PanelCard(item.panel, this.context(), width)));
    return card;
  }

  private build(items: readonly Placed[]): void {
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
    this.root.append(this.grid);
    this.fill(items);
    if (this.settings.transparent) document.documentElement.dataset["transparent"] = "";
    (document.getElementById("dashwright-viewer") ?? document.body).append(this.root);
    reportHeight(this.root);
  }

  /** Put rows and cards into the grid in reading order; cards of closed rows go. */
  private fill(items: readonly Placed[]): void {
    const kept = new Set(items.map((item) => item.key));
    for (const [key, card] of this.cards) {
      if (kept.has(key)) continue;
      this.seen.unobserve(card.element);
      card.destroy();
      this.cards.delete(key);
    }
    const inOrder = [...items].sort((a, b) => a.y - b.y || a.x - b.x);
    this.grid.replaceChildren(...inOrder.map((item) => {
      const made = item.isRow ? this.rowOf(item) : this.cardOf(item, 0).element;
      made.style.gridArea = `${item.y + 1} / ${item.x + 1} / span ${item.h} / span ${item.w}`;
      made.style.setProperty("--dw-h", String(item.h));
      return made;
    }));
    for (const card of this.cards.values()) this.seen.observe(card.element);
    if (items.length === 0) this.grid.append(element("p", { class: "dw-quiet dw-empty" }, "This dashboard has no panels."));
  }

  private rowOf(item: Placed): HTMLElement {
    const button = element("button", { type: "button", class: "dw-row-toggle", "aria-expanded": String(item.open) },
      element("span", { class: "dw-row-arrow", "aria-hidden": "true" }), item.panel.title || "Row");
    button.addEventListener("click", () => {
      if (!this.closed.delete(item.key)) this.closed.add(item.key);
      this.fill(layout(this.data.document.panels ?? [], this.closed));
      this.grid.querySelector<HTMLElement>(`[data-row="${CSS.escape(item.key)}"] button`)?.focus();
    });
    return element("div", { class: "dw-row", "data-row": item.key }, button);
  }

  private onSeen(entries: readonly IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const card = [...this.cards.values()].find((each) => each.element === entry.target);
      if (!card) continue;
      const before = card.visible;
      card.visible = entry.isIntersecting;
      if (card.visible && !before && this.shownState === "live") void card.refresh();
    }
  }

  private refreshSeen(restart = false): void {
    if (this.shownState !== "live") return;
    for (const card of this.cards.values()) {
      if (card.visible) void card.refresh(restart);
      else if (restart) card.clear();
    }
  }

  private listen(): void {
    this.dark.addEventListener("change", () => this.applyTheme());
    onHostTheme((theme) => this.setTheme(theme));
    // A width that crosses the density of the display changes nothing in the layout but needs sharper canvases.
    matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => this.redraw());
  }

  private setTheme(theme: ThemeChoice): void {
    this.settings.theme = theme;
    this.applyTheme();
  }

  private applyTheme(): void {
    document.documentElement.dataset["theme"] = this.theme();
    this.redraw();
  }

  private redraw(): void {
    for (const card of this.cards.values()) card.draw();
  }

  private onDrawn(): void {
    if (this.drawn) return;
    this.drawn = true;
    performance.mark("dashwright-first-panel");
    tellHost({ type: "loaded", title: this.data.title, height: Math.ceil(this.root.getBoundingClientRect().height) });
  }

  /** A refusal may be the link's or the panel's own; the link's state decides. */
  private async onRefused(status: number, messageId: string): Promise<boolean> {
    if (!isAboutLink(status, messageId)) return false;
    if (status === 401) this.showState("locked", null);
    else await this.checkState(status);
    return this.shownState !== "live";
  }

  /** Ask for the link's state; panels that are refused together share one question. */
  private checkState(refusedWith = 0): Promise<void> {
    this.checking ??= fetchState(this.data.state_url).then((outcome) => {
      this.checking = null;
      if (outcome.ok) {
        this.showState(outcome.data.state, outcome.data.until ?? null);
        this.askAgainAt(outcome.data.until ? Date.parse(outcome.data.until) : null);
      } else if (isAboutLink(outcome.status, "")) this.showState(stateOfStatus(outcome.status), null);
      else if (refusedWith) this.showState(stateOfStatus(refusedWith), null);
    });
    return this.checking;
  }

  /** A state that ends before the next question is asked for the moment it does. */
  private askAgainAt(until: number | null): void {
    clearTimeout(this.ends);
    const left = until === null ? NaN : until - this.now();
    if (left > 0 && left < STATE_EVERY_MS) this.ends = setTimeout(() => void this.checkState(), left + 50);
  }

  private showState(state: string, until: string | null): void {
    if (state === this.shownState) return;
    this.shownState = state;
    this.stateCheck.every(COMES_BACK.has(state) ? AWAY_STATE_EVERY_MS : STATE_EVERY_MS);
    this.notice?.remove();
    this.notice = null;
    this.grid.hidden = state !== "live";
    if (state === "live") {
      tellHost({ type: "live", state, until });
      this.refreshSeen();
      return;
    }
    for (const card of this.cards.values()) card.clear();
    this.notice = buildNotice(state, until);
    this.root.append(this.notice);
    tellHost({ type: state, state, until });
  }
}
