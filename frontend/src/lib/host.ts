/** Talking with the page that holds our frame: what happened here, and which theme it wants. */

export type ThemeChoice = "light" | "dark" | "auto";

/** A theme as a link or a host page writes it; null for what is none. */
export function readTheme(text: string | null | undefined): ThemeChoice | null {
  if (text === "light" || text === "dark" || text === "auto") return text;
  return text === "system" ? "auto" : null;
}

/** Whether another page holds ours. */
export function isFramed(): boolean {
  return window.parent !== window;
}

/** Tell the host page; nothing secret is ever in a message, so any host may read it. A page that stands alone tells nobody. */
export function tellHost(message: { type: string; [detail: string]: unknown }): void {
  if (isFramed()) window.parent.postMessage({ source: "dashwright", ...message }, "*");
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
