/** The page's grid: rows that fold, a card for each panel, and which of them are seen. */
import type { Panel } from "../../charts/frames/document";
import { element } from "../../lib/dom";
import { type Placed, closedAtFirst, estimate, layout } from "./layout";
import { type CardContext, PanelCard } from "./panel-card";

const ONE_COLUMN = "(max-width: 639px)";
/** Panels this far below the frame's edge already ask for data. */
const AHEAD_PX = 200;
const PAGE_PADDING_PX = 16;

export class Grid {
  readonly element = element("div", { class: "dw-grid" });
  private readonly cards = new Map<string, PanelCard>();
  private readonly closed: Set<string>;
  private readonly seen = new IntersectionObserver((entries) => this.onSeen(entries), { rootMargin: `${AHEAD_PX}px 0px` });

  /** `mayAsk`: whether a panel that comes into view may ask for data. */
  constructor(private readonly panels: readonly Panel[], private readonly context: CardContext, private readonly mayAsk: () => boolean) {
    this.closed = closedAtFirst(panels);
  }

  get isEmpty(): boolean {
    return this.panels.length === 0;
  }

  /** Ask for what is on the first screen, before anything is built; the cards that were asked for. */
  askFirst(): PanelCard[] {
    const items = this.items();
    const spots = estimate(items, innerWidth - PAGE_PADDING_PX, matchMedia(ONE_COLUMN).matches);
    return items.flatMap((item, at) => {
      if (item.isRow) return [];
      const card = this.cardOf(item, spots[at]!.width);
      if (spots[at]!.top >= innerHeight) return [];
      card.visible = true;
      void card.refresh();
      return [card];
    });
  }

  /** Put rows and cards into the grid in reading order; cards of closed rows go. */
  fill(): void {
    const items = this.items();
    const kept = new Set(items.map((item) => item.key));
    for (const key of this.cards.keys()) if (!kept.has(key)) this.drop(key);
    const inOrder = [...items].sort((a, b) => a.y - b.y || a.x - b.x);
    this.element.replaceChildren(...inOrder.map((item) => this.elementOf(item)));
    for (const card of this.cards.values()) this.seen.observe(card.element);
    if (items.length === 0) this.element.append(element("p", { class: "dw-quiet dw-empty" }, "This dashboard has no panels."));
  }

  /** Ask again for what is seen; `restart` also replaces questions under way, and forgets what is out of view. */
  refreshSeen(restart = false): void {
    for (const card of this.cards.values()) {
      if (card.visible) void card.refresh(restart);
      else if (restart) card.clear();
    }
  }

  redraw(): void {
    for (const card of this.cards.values()) card.draw();
  }

  clear(): void {
    for (const card of this.cards.values()) card.clear();
  }

  private items(): Placed[] {
    return layout(this.panels, this.closed);
  }

  private cardOf(item: Placed, width: number): PanelCard {
    let card = this.cards.get(item.key);
    if (!card) this.cards.set(item.key, (card = new PanelCard(item.panel, this.context, width)));
    return card;
  }

  private drop(key: string): void {
    const card = this.cards.get(key)!;
    this.seen.unobserve(card.element);
    card.destroy();
    this.cards.delete(key);
  }

  private elementOf(item: Placed): HTMLElement {
    const made = item.isRow ? this.rowOf(item) : this.cardOf(item, 0).element;
    made.style.gridArea = `${item.y + 1} / ${item.x + 1} / span ${item.h} / span ${item.w}`;
    made.style.setProperty("--dw-h", String(item.h));
    return made;
  }

  private rowOf(item: Placed): HTMLElement {
    const button = element("button", { type: "button", class: "dw-row-toggle", "aria-expanded": String(item.open) },
      element("span", { class: "dw-row-arrow", "aria-hidden": "true" }), item.panel.title || "Row");
    button.addEventListener("click", () => {
      if (!this.closed.delete(item.key)) this.closed.add(item.key);
      this.fill();
      this.element.querySelector<HTMLElement>(`[data-row="${CSS.escape(item.key)}"] button`)?.focus();
    });
    return element("div", { class: "dw-row", "data-row": item.key }, button);
  }

  private onSeen(entries: readonly IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const card = [...this.cards.values()].find((each) => each.element === entry.target);
      if (!card) continue;
      const before = card.visible;
      card.visible = entry.isIntersecting;
      if (card.visible && !before && this.mayAsk()) void card.refresh();
    }
  }
}
