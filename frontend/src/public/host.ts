/** What a page in a frame says to the page around it, and hears from it. */
export type Theme = "light" | "dark" | "auto";

/** Tell the page around the frame; a page that stands alone tells nobody. */
export function tell(message: Record<string, unknown>): void {
  if (window.parent !== window) window.parent.postMessage({ source: "dashwright", ...message }, "*");
}

/** Call back with each theme that the page around the frame asks for. */
export function onThemeWanted(wanted: (theme: Theme) => void): void {
  window.addEventListener("message", ({ source, data }: MessageEvent<{ type?: unknown; theme?: unknown } | null>) => {
    if (source !== window.parent || data?.type !== "dashwright:theme") return;
    const theme = data.theme === "system" ? "auto" : data.theme;
    if (theme === "light" || theme === "dark" || theme === "auto") wanted(theme);
  });
}
