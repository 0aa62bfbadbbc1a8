/** Whether the page's link is live: asked now and then, after a refusal, and in the moment a state ends. */
import { isFramed } from "../../lib/host";
import { fetchState } from "./api";
import { isAboutLink, stateOfStatus } from "./notice";
import { Refresher } from "./refresher";

const STATE_EVERY_MS = 15000;
/** In a frame it is asked at every refresh: by the state alone a page learns that the page around it may show it no longer. */
const FRAMED_STATE_EVERY_MS = 5000;
/** While a link is about to come back, the page asks more often. */
const AWAY_STATE_EVERY_MS = 5000;
const COMES_BACK = new Set(["paused", "not_yet", "pending", "failed"]);
/** A little later than the state ends, so that the server sees it ended too. */
const AFTER_END_MS = 50;

export class LinkWatch {
  private state = "live";
  private readonly timer = new Refresher(() => void this.check());
  private checking: Promise<void> | null = null;
  private ends: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly stateUrl: string,
    private readonly now: () => number,
    /** Names the rules of who may frame the page, as it was loaded: with others the browser is to decide anew. */
    private readonly frame: string,
    private readonly onChange: (state: string, until: string | null) => void,
  ) {}

  get isLive(): boolean {
    return this.state === "live";
  }

  start(expiresAt: number | null): void {
    this.timer.every(usualMs());
    this.askAgainAt(expiresAt);
  }

  /** A refusal may be the link's or the panel's own; the link's state decides. True when it is the link's. */
  async onRefused(status: number, messageId: string): Promise<boolean> {
    if (!isAboutLink(status, messageId)) return false;
    if (status === 401) this.become("locked", null);
    else await this.check(status);
    return !this.isLive;
  }

  /** Ask for the link's state; panels that are refused together share one question. */
  private check(refusedWith = 0): Promise<void> {
    this.checking ??= fetchState(this.stateUrl).then((outcome) => {
      this.checking = null;
      if (outcome.ok) {
        if ((outcome.data.frame ?? this.frame) !== this.frame && isFramed()) location.reload();
        this.become(outcome.data.state, outcome.data.until ?? null);
        this.askAgainAt(outcome.data.until ? Date.parse(outcome.data.until) : null);
      } else if (isAboutLink(outcome.status, "")) this.become(stateOfStatus(outcome.status), null);
      else if (refusedWith) this.become(stateOfStatus(refusedWith), null);
    });
    return this.checking;
  }

  /** A state that ends before the next question is asked for the moment it does. */
  private askAgainAt(until: number | null): void {
    clearTimeout(this.ends);
    const left = until === null ? NaN : until - this.now();
    if (left > 0 && left < usualMs()) this.ends = setTimeout(() => void this.check(), left + AFTER_END_MS);
  }

  private become(state: string, until: string | null): void {
    if (state === this.state) return;
    this.state = state;
    this.timer.every(COMES_BACK.has(state) ? AWAY_STATE_EVERY_MS : usualMs());
    this.onChange(state, until);
  }
}

function usualMs(): number {
  return isFramed() ? FRAMED_STATE_EVERY_MS : STATE_EVERY_MS;
}
