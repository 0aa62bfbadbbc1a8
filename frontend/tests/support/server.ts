/** A server for pages under test: answers by path, remembers what was asked. */
import { vi } from "vitest";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string>;
  signal: AbortSignal | null | undefined;
}

type Answer = { status?: number; body?: unknown; text?: string } | "unreachable" | "never";

export class Server {
  readonly asked: Asked[] = [];
  private readonly answers = new Map<string, Answer>();
  private readonly held = new Map<string, Promise<void>>();

  constructor() {
    vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => this.fetch(path, init));
  }

  /** From now on a path is answered so; `*` stands for all that have no answer of their own. */
  on(path: string, answer: Answer): this {
    this.answers.set(path, answer);
    return this;
  }

  /** What is asked of a path from now on waits, with the answer of the moment it was asked in, until the result is called. */
  hold(path: string): () => void {
    let release = (): void => undefined;
    this.held.set(path, new Promise((resolve) => (release = resolve)));
    return () => {
      this.held.delete(path);
      release();
    };
  }

  of(path: string): Asked[] {
    return this.asked.filter((one) => one.path === path);
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    this.asked.push({ method: init.method ?? "GET", path, body, headers: (init.headers ?? {}) as Record<string, string>, signal: init.signal });
    const answer = this.answers.get(path) ?? this.answers.get("*") ?? { status: 404, body: {} };
    await this.held.get(path);
    if (answer === "unreachable") throw new TypeError("Failed to fetch");
    if (answer === "never") {
      return new Promise((_resolve, reject) => {
        const takeBack = (): void => reject(new DOMException("aborted", "AbortError"));
        // A question may be taken back in the moment it is asked.
        if (init.signal?.aborted) takeBack();
        else init.signal?.addEventListener("abort", takeBack);
      });
    }
    return new Response(answer.text ?? JSON.stringify(answer.body ?? {}), { status: answer.status ?? 200 });
  }
}

/** Everything that is under way has come to its end: promises, and timers that are due. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await vi.advanceTimersByTimeAsync(1);
}
