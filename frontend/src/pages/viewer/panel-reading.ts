/** What a panel knows of its data: it asks, keeps the last good answer as frames, and tells in which state it is. */
import type { Frame } from "../../charts/display/field";
import type { Panel } from "../../charts/frames/document";
import type { Outcome } from "../../lib/api";
import { type TimeRange, parseDuration } from "../../lib/time/relative";
import { type PanelAnswer, fetchPanel } from "./api";
import type { Parts } from "./drawing";
import { type PanelState, panelState } from "./panel-state";

export interface ReadingContext {
  dataUrl: string;
  range(): TimeRange;
  now(): number;
}

/** An answer whose queries failed, in words; `whole` when none of them did not. */
export function faultsOf(answer: PanelAnswer): { words: string[]; whole: string | null } {
  const results = Object.entries(answer.results ?? {});
  const faults = results.filter(([, result]) => result.status !== 200);
  const words = faults.map(([refId, result]) => `${refId}: ${result.error || "no answer from the data source"}`);
  const whole = faults.length > 0 && faults.length === results.length ? faults[0]![1].error || "The data source could not be read" : null;
  return { words, whole };
}

export class PanelReading {
  frames: readonly Frame[] = [];
  /** When the shown data was fetched, epoch ms; null when there is none. */
  goodAt: number | null = null;
  failure: string | null = null;
  /** Queries that failed beside others that did not. */
  partial: readonly string[] = [];
  private answer: PanelAnswer | null = null;
  private running: AbortController | null = null;
  private asked: TimeRange | null = null;

  constructor(private readonly panel: Panel, private readonly context: ReadingContext) {}

  get isAsking(): boolean {
    return this.running !== null;
  }

  /** The range and step of the shown data; before there is any, the range it will be asked for. */
  get shown(): { range: TimeRange; stepMs: number | null } {
    const { from, to } = this.answer ?? this.range();
    return { range: { from, to }, stepMs: this.answer?.step_ms ?? null };
  }

  /** The panel's own range: `timeFrom` narrows the dashboard's. */
  private range(): TimeRange {
    const range = this.context.range();
    const own = parseDuration(this.panel.timeFrom?.replace(/^now-/, ""));
    return own === null ? range : { from: range.to - own, to: range.to };
  }

  /** Ask for data, in place of a question under way; null when this one was replaced in turn. */
  async ask(width: number): Promise<Outcome<PanelAnswer> | null> {
    this.running?.abort();
    const running = (this.running = new AbortController());
    const range = this.range();
    const url = this.context.dataUrl.replace("{id}", encodeURIComponent(String(this.panel.id ?? "")));
    const outcome = await fetchPanel(url, range, width, running.signal);
    if (this.running !== running) return null;
    this.running = null;
    this.asked = range;
    return outcome;
  }

  keep(answer: PanelAnswer, partial: readonly string[], parts: Parts): void {
    const { panel } = this;
    this.answer = answer;
    this.goodAt = this.context.now();
    this.failure = null;
    this.partial = partial;
    const raw = parts.framesOf(answer.results ?? {}, panel.targets ?? [], panel.title || undefined);
    this.frames = parts.withFieldConfig(parts.transformed(raw, panel.transformations), panel.fieldConfig);
  }

  state(): PanelState {
    const { goodAt, failure, partial } = this;
    const range = this.asked ?? this.range();
    const hasValues = this.frames.some((frame) => frame.length > 0 && frame.fields.some((field) => field.type !== "time"));
    return panelState({ goodAt, hasValues, failure, partial, rangeMs: range.to - range.from, now: this.context.now() });
  }

  /** Forget everything, and whatever is still to come. */
  clear(): void {
    this.running?.abort();
    this.running = null;
    this.answer = null;
    this.frames = [];
    this.goodAt = null;
    this.failure = null;
    this.partial = [];
  }
}
