/** One panel on the page: its frame and title, its data, its state in words, and the view that draws it. */
import type { Theme } from "../../charts/display/colors";
import type { Frame } from "../../charts/display/field";
import { fromNow, formatMoment } from "../../charts/display/moment";
import type { Panel } from "../../charts/frames/document";
import { type PanelKind, panelKind } from "../../charts/kinds/kinds";
import { type PanelView, element } from "../../charts/kinds/view";
import { type TimeRange, parseDuration, rangeWords } from "../../lib/time/relative";
import { type PanelAnswer, fetchPanel } from "./api";
import { type Parts, drawing, loadDrawing } from "./drawing";
import { type PanelState, panelState } from "./panel-state";

/** What a card needs from the page around it. */
export interface CardContext {
  dataUrl: string;
  theme(): Theme;
  range(): TimeRange;
  /** The range as the reader chose it. */
  rangeTexts(): { from: string; to: string };
  timeZone: string;
  now(): number;
  /** A refusal that may concern the whole link; true when the page takes over. */
  onRefused(status: number, messageId: string): Promise<boolean>;
  /** The card shows its answer, be it values, that there are none, or why not. */
  onDrawn(): void;
  onFailure(panelId: number, message: string): void;
}

const MIN_DRAW_PX = 24;

export class PanelCard {
  readonly element: HTMLElement;
  private readonly body = element("div", { class: "dw-panel-body" });
  private readonly host = element("div", { class: "dw-panel-view" });
  private readonly overlay = element("div", { class: "dw-panel-overlay" });
  private readonly marks = element("div", { class: "dw-panel-marks" });
  private readonly kind: PanelKind | null;
  private readonly resizes = new ResizeObserver(() => this.scheduleDraw());
  private view: PanelView | null = null;
  private answer: PanelAnswer | null = null;
  private frames: readonly Frame[] = [];
  private goodAt: number | null = null;
  private failure: string | null = null;
  private partial: readonly string[] = [];
  private running: AbortController | null = null;
  private frameRequest = 0;
  private asked: TimeRange | null = null;
  visible = false;

  constructor(readonly panel: Panel, private readonly context: CardContext, private width: number) {
    this.kind = panelKind(panel.type);
    this.element = element("section", {
      class: "dw-panel", "data-panel-id": String(panel.id ?? ""), "data-panel-type": panel.type ?? "", "data-state": "loading",
    });
    if (panel.transparent) this.element.dataset["transparent"] = "";
    this.buildHeader();
    this.body.append(this.host, this.overlay);
    this.element.append(this.body);
    this.resizes.observe(this.body);
    if (!this.kind) this.showUnknown();
    else if (!this.kind.needsData) this.element.dataset["state"] = "ready";
  }

  private buildHeader(): void {
    const { title, description, timeFrom, hideTimeOverride } = this.panel;
    const header = element("header", { class: "dw-panel-header" });
    if (title) {
      header.append(element("h2", { "data-panel-title": "", title }, title));
      this.element.setAttribute("aria-label", title);
    } else this.element.dataset["untitled"] = "";
    if (description) header.append(element("span", { class: "dw-mark", title: description, tabindex: "0", role: "note", "aria-label": description }, "i"));
    if (timeFrom && !hideTimeOverride) header.append(element("span", { class: "dw-panel-time" }, `Last ${timeFrom.replace(/^now-/, "")}`));
    header.append(this.marks);
    this.element.append(header);
  }

  get needsData(): boolean {
    return this.kind?.needsData ?? false;
  }

  private showUnknown(): void {
    this.element.dataset["state"] = "ready";
    this.overlay.replaceChildren(element("p", { class: "dw-quiet" }, `This panel type is not drawn here yet: ${this.panel.type || "none"}`));
  }

  /** The panel's own range: `timeFrom` narrows the dashboard's. */
  private range(): TimeRange {
    const range = this.context.range();
    const own = parseDuration(this.panel.timeFrom?.replace(/^now-/, ""));
    return own === null ? range : { from: range.to - own, to: range.to };
  }

  /** Ask for data; a running question is left to finish unless the range has changed meanwhile (`restart`). */
  async refresh(restart = false): Promise<void> {
    if (!this.needsData) {
      this.draw();
      return;
    }
    if (this.running && !restart) return;
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.element.dataset["busy"] = "";
    const range = this.range();
    const url = this.context.dataUrl.replace("{id}", encodeURIComponent(String(this.panel.id ?? "")));
    const outcome = await fetchPanel(url, range, this.width, running.signal);
    if (this.running !== running) return;
    this.running = null;
    delete this.element.dataset["busy"];
    this.asked = range;
    if (outcome.ok) await this.accept(outcome.data);
    else if (!outcome.aborted && !(await this.context.onRefused(outcome.status, outcome.id))) this.fail(outcome.message);
  }

  private async accept(answer: PanelAnswer): Promise<void> {
    const results = answer.results ?? {};
    const faults = Object.entries(results).filter(([, result]) => result.status !== 200);
    const words = faults.map(([refId, result]) => `${refId}: ${result.error || "no answer from the data source"}`);
    if (faults.length > 0 && faults.length === Object.keys(results).length) {
      this.fail(faults[0]![1].error || "The data source could not be read");
      return;
    }
    const parts = drawing() ?? (await loadDrawing().catch(() => null));
    if (!parts) {
      this.fail("A part of this page could not be loaded; reload it");
      return;
    }
    this.answer = answer;
    this.goodAt = this.context.now();
    this.failure = null;
    this.partial = words;
    this.readFrames(parts);
    this.draw();
  }

  private fail(message: string): void {
    this.failure = message;
    this.draw();
    this.context.onFailure(this.panel.id ?? 0, message);
  }

  private readFrames(parts: Parts): void {
    const { panel } = this;
    const raw = parts.framesOf(this.answer?.results ?? {}, panel.targets ?? [], panel.title || undefined);
    this.frames = parts.withFieldConfig(parts.transformed(raw, panel.transformations), panel.fieldConfig);
  }

  private hasValues(): boolean {
    return this.frames.some((frame) => frame.length > 0 && frame.fields.some((field) => field.type !== "time"));
  }

  private state(): PanelState {
    if (!this.needsData) return "ready";
    const range = this.asked ?? this.range();
    return panelState({
      goodAt: this.goodAt, hasValues: this.hasValues(), failure: this.failure, partial: this.partial,
      rangeMs: range.to - range.from, now: this.context.now(),
    });
  }

  private scheduleDraw(): void {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = requestAnimationFrame(() => this.draw());
  }

  /** Draw again from what is known; also after a change of theme or size. */
  draw(): void {
    if (!this.kind || !this.element.isConnected) return;
    const state = this.state();
    this.element.dataset["state"] = state;
    this.showMarks(state);
    this.showOverlay(state);
    if (state === "error" || state === "nodata") {
      this.view?.destroy();
      this.view = null;
      this.context.onDrawn();
      return;
    }
    if (state === "loading") return;
    const parts = drawing();
    if (!parts) {
      void loadDrawing().then(() => this.draw(), () => undefined);
      return;
    }
    const { clientWidth, clientHeight } = this.host;
    if (clientWidth < MIN_DRAW_PX || clientHeight < MIN_DRAW_PX / 2) return;
    this.width = clientWidth;
    this.view ??= parts.MOUNTS[this.kind.type]!(this.host);
    const shown = this.answer ?? { ...this.range(), results: {} };
    this.view.draw({
      panel: this.panel, frames: this.frames, range: { from: shown.from, to: shown.to }, stepMs: this.answer?.step_ms ?? null,
      theme: this.context.theme(), timeZone: this.context.timeZone, now: this.context.now(),
    }, clientWidth, clientHeight);
    this.context.onDrawn();
  }

  private rangeWords(): string {
    if (this.panel.timeFrom) return `Last ${this.panel.timeFrom.replace(/^now-/, "")}`;
    const { from, to } = this.context.rangeTexts();
    return rangeWords(from, to, (ms) => formatMoment(ms, "YYYY-MM-DD HH:mm", this.context.timeZone), this.context.now());
  }

  private showOverlay(state: PanelState): void {
    if (state === "nodata") {
      const words = this.panel.fieldConfig?.defaults?.noValue || "No data";
      this.overlay.replaceChildren(element("p", {}, words), element("p", { class: "dw-quiet" }, this.rangeWords()));
    } else if (state === "error") {
      const retry = element("button", { type: "button", class: "dw-button" }, "Try again");
      retry.addEventListener("click", () => void this.refresh(true));
      this.overlay.replaceChildren(element("p", { role: "alert" }, this.failure ?? ""), retry);
    } else this.overlay.replaceChildren();
  }

  private showMarks(state: PanelState): void {
    const marks: HTMLElement[] = [];
    if (state === "stale" && this.goodAt !== null) {
      const exact = formatMoment(this.goodAt, "YYYY-MM-DD HH:mm:ss", this.context.timeZone);
      marks.push(element("span", { class: "dw-stale", title: `${this.failure ?? ""} Last data ${exact}.`, tabindex: "0" },
        `Data from ${fromNow(this.goodAt, this.context.now())}`));
    }
    const unknown = drawing()?.unknownTransformations(this.panel.transformations) ?? [];
    const missing = [...(state === "ready" ? this.partial : []), ...unknown.map((id) => `Transformation not applied: ${id}`)];
    if (missing.length > 0) {
      this.element.dataset["partial"] = "";
      marks.push(element("span", { class: "dw-mark dw-mark-warning", title: missing.join("\n"), tabindex: "0", role: "note", "aria-label": missing.join("; ") }, "!"));
    } else delete this.element.dataset["partial"];
    this.marks.replaceChildren(...marks);
  }

  /** Forget data and drawing, as when the link is no longer live. */
  clear(): void {
    this.running?.abort();
    this.running = null;
    this.view?.destroy();
    this.view = null;
    this.answer = null;
    this.frames = [];
    this.goodAt = null;
    this.failure = null;
    this.partial = [];
    if (this.needsData) this.element.dataset["state"] = "loading";
    this.overlay.replaceChildren();
    this.marks.replaceChildren();
    if (!this.kind) this.showUnknown();
  }

  destroy(): void {
    this.clear();
    cancelAnimationFrame(this.frameRequest);
    this.resizes.disconnect();
    this.element.remove();
  }
}
