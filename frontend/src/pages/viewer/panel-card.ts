/** One panel on the page: its frame, its state in words, and the view that draws its data. */
import type { Theme } from "../../charts/display/colors";
import { fromNow, formatMoment } from "../../lib/time/moment";
import type { Panel } from "../../charts/frames/document";
import type { Size } from "../../charts/kinds/chart";
import { type PanelKind, panelKind } from "../../charts/kinds/kinds";
import { NO_NOTES, type Notes, type Overlay, ownRangeWords, panelHead, panelOverlay } from "../../charts/kinds/panel-frame";
import type { PanelView } from "../../charts/kinds/view";
import { Mount } from "../../charts/mount";
import type { Tree } from "../../charts/tree";
import { element } from "../../lib/dom";
import { rangeWords } from "../../lib/time/relative";
import type { PanelAnswer } from "./api";
import { type Parts, drawing, loadDrawing } from "./drawing";
import { PanelReading, type ReadingContext, faultsOf } from "./panel-reading";
import type { PanelState } from "./panel-state";

/** What a card needs from the page around it. */
export interface CardContext extends ReadingContext {
  theme(): Theme;
  /** The range as the reader chose it. */
  rangeTexts(): { from: string; to: string };
  timeZone: string;
  /** A refusal that may concern the whole link; true when the page takes over. */
  onRefused(status: number, messageId: string): Promise<boolean>;
  /** The card shows its answer, be it values, that there are none, or why not. */
  onDrawn(): void;
  onFailure(panelId: number, message: string): void;
}

const MIN_DRAW_PX = 24;

export class PanelCard {
  readonly element: HTMLElement;
  visible = false;
  private readonly host = element("div", { class: "dw-panel-view" });
  private readonly head: Mount;
  private readonly overlay: Mount;
  /** The head when there is nothing to note, which is nearly always. */
  private readonly plainHead: Tree;
  private readonly kind: PanelKind | null;
  private readonly reading: PanelReading;
  private readonly resizes = new ResizeObserver((entries) => this.onResize(entries));
  /** Room for the picture, told by the browser once the page is laid out: asking for it would lay out the page each time. */
  private size: Size | null = null;
  private drawnSize: Size | null = null;
  private view: PanelView | null = null;
  private frameRequest = 0;

  constructor(readonly panel: Panel, private readonly context: CardContext, private width: number) {
    this.kind = panelKind(panel.type);
    this.plainHead = panelHead(panel, NO_NOTES);
    this.reading = new PanelReading(panel, context);
    this.element = element("section", {
      class: "dw-panel", "data-panel-id": String(panel.id ?? ""), "data-panel-type": panel.type ?? "", "data-state": "loading",
    });
    if (panel.transparent) this.element.dataset["transparent"] = "";
    if (panel.title) this.element.setAttribute("aria-label", panel.title);
    else this.element.dataset["untitled"] = "";
    this.head = new Mount(this.element);
    this.head.show(this.plainHead);
    const body = element("div", { class: "dw-panel-body" }, this.host);
    this.overlay = new Mount(body, () => void this.refresh(true));
    this.element.append(body);
    this.resizes.observe(this.host);
    this.showNothing();
  }

  get needsData(): boolean {
    return this.kind?.needsData ?? false;
  }

  /** Ask for data; a running question is left to finish unless the range has changed meanwhile (`restart`). */
  async refresh(restart = false): Promise<void> {
    if (!this.needsData) {
      this.draw();
      return;
    }
    if (this.reading.isAsking && !restart) return;
    this.element.dataset["busy"] = "";
    const outcome = await this.reading.ask(this.width);
    if (!outcome) return;
    delete this.element.dataset["busy"];
    if (outcome.ok) await this.accept(outcome.data);
    else if (!outcome.aborted && !(await this.context.onRefused(outcome.status, outcome.id))) this.fail(outcome.message);
  }

  private async accept(answer: PanelAnswer): Promise<void> {
    const { words, whole } = faultsOf(answer);
    const parts = whole === null ? (drawing() ?? (await loadDrawing().catch(() => null))) : null;
    if (whole !== null || !parts) {
      this.fail(whole ?? "A part of this page could not be loaded; reload it");
      return;
    }
    this.reading.keep(answer, words, parts);
    this.draw();
  }

  private fail(message: string): void {
    this.reading.failure = message;
    this.draw();
    this.context.onFailure(this.panel.id ?? 0, message);
  }

  private onResize(entries: readonly ResizeObserverEntry[]): void {
    const { width, height } = entries[entries.length - 1]!.contentRect;
    this.size = { width: Math.round(width), height: Math.round(height) };
    if (this.drawnSize?.width === this.size.width && this.drawnSize.height === this.size.height) return;
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = requestAnimationFrame(() => this.draw());
  }

  /** Draw again from what is known; also after a change of theme or size. */
  draw(): void {
    if (!this.kind || !this.element.isConnected) return;
    const state = this.needsData ? this.reading.state() : "ready";
    this.element.dataset["state"] = state;
    this.showNotes(this.notes(state));
    this.overlay.show(panelOverlay(this.overlayOf(state)));
    if (state === "error" || state === "nodata") {
      this.dropView();
      this.context.onDrawn();
      return;
    }
    if (state === "loading") return;
    const parts = drawing();
    if (parts) this.drawView(this.kind, parts);
    else void loadDrawing().then(() => this.draw(), () => undefined);
  }

  private drawView(kind: PanelKind, parts: Parts): void {
    const size = this.size ?? { width: this.host.clientWidth, height: this.host.clientHeight };
    if (size.width < MIN_DRAW_PX || size.height < MIN_DRAW_PX / 2) return;
    this.width = size.width;
    this.drawnSize = size;
    this.view ??= parts.MOUNTS[kind.type]!(this.host);
    const { panel, reading, context } = this;
    const { timeZone } = context;
    this.view.draw({ panel, frames: reading.frames, ...reading.shown, theme: context.theme(), timeZone, now: context.now(), browser: parts.browser }, size);
    context.onDrawn();
  }

  private dropView(): void {
    this.view?.destroy();
    this.view = null;
    this.drawnSize = null;
  }

  private rangeWords(): string {
    const { from, to } = this.context.rangeTexts();
    return ownRangeWords(this.panel) ?? rangeWords(from, to, (ms) => formatMoment(ms, "YYYY-MM-DD HH:mm", this.context.timeZone), this.context.now());
  }

  private overlayOf(state: PanelState): Overlay {
    if (state === "nodata") return { kind: "nodata", words: this.panel.fieldConfig?.defaults?.noValue, range: this.rangeWords() };
    return state === "error" ? { kind: "error", message: this.reading.failure ?? "" } : { kind: "none" };
  }

  private notes(state: PanelState): Notes {
    const { goodAt, failure, partial } = this.reading;
    const { now, timeZone } = this.context;
    const unknown = drawing()?.unknownTransformations(this.panel.transformations) ?? [];
    return {
      stale: state === "stale" && goodAt !== null
        ? { since: fromNow(goodAt, now()), why: `${failure ?? ""} Last data ${formatMoment(goodAt, "YYYY-MM-DD HH:mm:ss", timeZone)}.` }
        : null,
      missing: [...(state === "ready" ? partial : []), ...unknown.map((id) => `Transformation not applied: ${id}`)],
    };
  }

  private showNotes(notes: Notes): void {
    const { stale, missing } = notes;
    if (missing.length > 0) this.element.dataset["partial"] = "";
    else delete this.element.dataset["partial"];
    this.head.show(stale || missing.length > 0 ? panelHead(this.panel, notes) : this.plainHead);
  }

  private showNothing(): void {
    this.element.dataset["state"] = this.needsData ? "loading" : "ready";
    this.overlay.show(panelOverlay(this.kind ? { kind: "none" } : { kind: "unknown", type: this.panel.type }));
  }

  /** Forget data and drawing, as when the link is no longer live. */
  clear(): void {
    this.reading.clear();
    this.dropView();
    delete this.element.dataset["busy"];
    this.showNotes(NO_NOTES);
    this.showNothing();
  }

  destroy(): void {
    this.clear();
    cancelAnimationFrame(this.frameRequest);
    this.resizes.disconnect();
    this.element.remove();
  }
}
