/** A plain script as a page runs it: by its element, whose data it reads, beside a page that holds the frame. */
import { vi } from "vitest";

export interface Frame {
  /** What the page around the frame was told. */
  told: Record<string, unknown>[];
  /** The page around the frame says something. */
  say(data: unknown, source?: unknown): void;
}

export function inFrame(): Frame {
  const told: Record<string, unknown>[] = [];
  const parent = { postMessage: (message: Record<string, unknown>) => told.push(message) };
  vi.stubGlobal("parent", parent);
  return { told, say: (data, source = parent) => window.dispatchEvent(new MessageEvent("message", { data, source: source as Window })) };
}

export async function run(load: () => Promise<unknown>, data: Record<string, string> = {}, src = ""): Promise<void> {
  const script = document.createElement("script");
  script.src = src;
  Object.assign(script.dataset, data);
  Object.defineProperty(document, "currentScript", { configurable: true, get: () => script });
  vi.resetModules();
  await load();
}

/** A place that remembers where it was sent instead of going there. */
export function stubLocation(search = ""): { went: string[]; reloads: number } {
  const seen = { went: [] as string[], reloads: 0 };
  const origin = "http://localhost:3000";
  vi.stubGlobal("location", {
    origin, search, href: `${origin}/grafana/x${search}`,
    replace: (to: string | URL) => seen.went.push(String(to)),
    reload: () => {
      seen.reloads += 1;
    },
  });
  return seen;
}
