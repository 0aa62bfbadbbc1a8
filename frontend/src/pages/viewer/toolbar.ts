/** The strip above the panels: the dashboard's title and, where the link allows it, range and refresh. */
import { formatMoment } from "../../lib/time/moment";
import { element } from "../../lib/dom";
import { rangeWords } from "../../lib/time/relative";
import { type Settings, readRefresh } from "./settings";

const RANGES = ["now-5m", "now-15m", "now-30m", "now-1h", "now-3h", "now-6h", "now-12h", "now-24h", "now-2d", "now-7d", "now-30d"];
const REFRESHES = ["off", "5s", "10s", "30s", "1m", "5m", "15m"];

export interface ToolbarActions {
  onRange(from: string, to: string): void;
  onRefresh(ms: number | null): void;
  onNow(): void;
}

function rangeSelect(settings: Settings, now: number, actions: ToolbarActions): HTMLElement {
  const select = element("select", { class: "dw-select", "aria-label": "Time range" });
  const options = RANGES.map((from): [string, string] => [from, "now"]);
  options.push(["now/d", "now/d"], ["now-1d/d", "now-1d/d"]);
  if (!options.some(([from, to]) => from === settings.from && to === settings.to)) options.unshift([settings.from, settings.to]);
  for (const [from, to] of options) {
    const words = rangeWords(from, to, (ms) => formatMoment(ms, "YYYY-MM-DD HH:mm", settings.timeZone), now);
    select.append(new Option(words, `${from}|${to}`, false, from === settings.from && to === settings.to));
  }
  select.addEventListener("change", () => {
    const [from, to] = select.value.split("|");
    actions.onRange(from!, to!);
  });
  return select;
}

function refreshSelect(settings: Settings, intervals: readonly string[] | undefined, actions: ToolbarActions): HTMLElement {
  const select = element("select", { class: "dw-select", "aria-label": "Refresh" });
  const listed = intervals?.length ? ["off", ...intervals] : REFRESHES;
  const known = listed.map((text) => ({ text, ms: readRefresh(text) ?? null }));
  if (!known.some(({ ms }) => ms === settings.refreshMs)) known.push({ text: `${settings.refreshMs! / 1000}s`, ms: settings.refreshMs });
  const unique = known.filter(({ ms }, at) => known.findIndex((each) => each.ms === ms) === at);
  for (const { text, ms } of unique) {
    select.append(new Option(text === "off" ? "No refresh" : `Every ${text}`, String(ms), false, ms === settings.refreshMs));
  }
  select.addEventListener("change", () => actions.onRefresh(select.value === "null" ? null : Number(select.value)));
  return select;
}

/** The strip's element; null when there is nothing in it. */
export function buildToolbar(title: string, settings: Settings, intervals: readonly string[] | undefined, now: number, actions: ToolbarActions): HTMLElement | null {
  if (!settings.chrome && !settings.picker) return null;
  const bar = element("header", { class: "dw-toolbar" });
  if (settings.chrome) bar.append(element("h1", { title }, title));
  if (settings.picker) {
    const again = element("button", { type: "button", class: "dw-button", "aria-label": "Refresh now", title: "Refresh now" }, "↻");
    again.addEventListener("click", () => actions.onNow());
    bar.append(element("div", { class: "dw-controls" }, rangeSelect(settings, now, actions), refreshSelect(settings, intervals, actions), again));
  }
  return bar;
}
