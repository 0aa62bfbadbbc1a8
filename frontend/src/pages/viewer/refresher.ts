/** The one timer of the page: ticks at the refresh interval while the tab is seen, and at once when it is seen again late. */

/** When there is something new to ask for: at `at` and every `every` ms before and after, on this browser's clock. */
export interface News {
  every: number;
  at: number;
}

/** Pages do not all ask in the same moment: each has its own place within this time. */
const SPREAD_MS = 800;

/** The moment of news nearest to one interval after the last tick; that interval itself where it is shorter than the news'. */
export function nextTick(lastAt: number, everyMs: number, news: News | null): number {
  const due = lastAt + everyMs;
  if (!news || everyMs < news.every) return due;
  const moment = news.at + Math.round((due - news.at) / news.every) * news.every;
  return moment > lastAt + news.every / 4 ? moment : moment + news.every;
}

export class Refresher {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private lastAt = 0;
  private everyMs: number | null = null;
  private readonly onVisibility = (): void => (document.hidden ? this.pause() : this.resume());

  private readonly news: News | null;

  constructor(private readonly tick: () => void, news: News | null = null) {
    this.news = news && { every: news.every, at: news.at + Math.random() * SPREAD_MS };
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  /** Tick every so many ms from now; null stops. */
  every(ms: number | null): void {
    this.pause();
    this.everyMs = ms;
    this.lastAt = Date.now();
    if (!document.hidden) this.resume();
  }

  private pause(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private resume(): void {
    if (this.everyMs === null || this.timer !== null) return;
    const due = Math.max(0, nextTick(this.lastAt, this.everyMs, this.news) - Date.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.lastAt = Date.now();
      this.tick();
      this.resume();
    }, due);
  }

  stop(): void {
    this.pause();
    this.everyMs = null;
    document.removeEventListener("visibilitychange", this.onVisibility);
  }
}
