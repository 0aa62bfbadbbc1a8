/** Talking with the page that holds our frame: what happened here, and which theme it wants. */
import { type ThemeChoice, readTheme } from "./settings";

export interface HostMessage {
  type: string;
  [detail: string]: unknown;
}

/** Tell the host page; nothing secret is ever in a message, so any host may read it. */
export function tellHost(message: HostMessage): void {
  if (window.parent !== window) window.parent.postMessage({ source: "dashwright", ...message }, "*");
}

/** Call back when the host page asks for a theme; messages of other windows are ignored. */
export function onHostTheme(change: (theme: ThemeChoice) => void): void {
  window.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (event.source !== window.parent || typeof event.data !== "object" || event.data === null) return;
    const { type, theme } = event.data as { type?: unknown; theme?: unknown };
    const wanted = type === "dashwright:theme" && typeof theme === "string" ? readTheme(theme) : null;
    if (wanted) change(wanted);
  });
}

/** Reports the page's height whenever it changes, so that a host can size the frame. */
export function reportHeight(root: HTMLElement): void {
  let last = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(root.getBoundingClientRect().height);
    if (height !== last) tellHost({ type: "height", height: (last = height) });
  }).observe(root);
}
