/** The one timer of the page: ticks at the refresh interval while the tab is seen, and at once when it is seen again late. */

export class Refresher {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private lastAt = 0;
  private everyMs: number | null = null;
  private readonly onVisibility = (): void => (document.hidden ? this.pause() : this.resume());

  constructor(private readonly tick: () => void) {
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
    const due = Math.max(0, this.lastAt + this.everyMs - Date.now());
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
