/** How the link stands: asked at once, every so often, when the page is seen again, and the moment the link is to end. */
import { isFramed, tellHost } from "../../lib/host";

const USUAL_MS = 30_000;
const LEAST_MS = 5_000;
const MOST_MS = 60_000;
/** So many questions in a row without an answer are told to the page around the frame. */
const AWAY_AFTER = 3;
const AFTER_THE_END_MS = 50;

export class LinkState {
  shown = "live";
  private readonly everyMs: number;
  // Grafana's page is given another one by `panels.ts`.
  private readonly fetch = window.fetch.bind(window);
  private asking: Promise<void> | null = null;
  private failed = 0;
  private ends: ReturnType<typeof setTimeout> | undefined;

  /** `frame` names the rules of who may frame the page, as it was loaded: with others the browser is to decide anew. */
  constructor(private readonly url: string, refreshMs: number, private readonly frame: string, private readonly onChange: (state: string, until: string | null) => void) {
    this.everyMs = Math.min(Math.max(refreshMs || USUAL_MS, LEAST_MS), MOST_MS);
  }

  watch(): void {
    setInterval(() => void this.ask(), this.everyMs);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) void this.ask();
    });
    window.addEventListener("pageshow", ({ persisted }) => {
      if (persisted) void this.ask();
    });
    // At once too: a link that ends in a moment is covered to the second.
    void this.ask();
  }

  /** Ask, or wait for the question under way. */
  ask(): Promise<void> {
    this.asking ??= this.question().finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  /** Ask, and not by a question that was under way before. */
  async askAnew(): Promise<void> {
    await this.asking;
    await this.ask();
  }

  private async question(): Promise<void> {
    try {
      const answer = await this.fetch(this.url, { cache: "no-store", credentials: "same-origin" });
      if (answer.status >= 500) throw new Error("away");
      this.failed = 0;
      const found: { state?: unknown; until?: string | null; frame?: unknown } = answer.status === 404 ? { state: "revoked" } : await answer.json();
      if (typeof found.frame === "string" && found.frame !== this.frame && isFramed()) location.reload();
      if (typeof found.state === "string") this.take(found.state, found.until ?? null);
    } catch {
      // Away for a moment: the page keeps what it shows, and the next question comes by itself.
      this.failed += 1;
      if (this.failed === AWAY_AFTER) tellHost({ type: "error", message: "The dashboard's server cannot be reached" });
    }
  }

  private take(state: string, until: string | null): void {
    if (state !== this.shown) {
      this.shown = state;
      this.onChange(state, until);
    }
    clearTimeout(this.ends);
    const left = until ? Date.parse(until) - Date.now() : NaN;
    if (left > 0 && left < this.everyMs) this.ends = setTimeout(() => void this.ask(), left + AFTER_THE_END_MS);
  }
}
