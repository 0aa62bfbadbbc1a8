/** What surrounds a panel's picture: its title line, the marks beside it, and the words in place of a picture. */
import type { Panel } from "../frames/document";
import { type Tree, h } from "../tree";

/** What is to be said of a panel's data; null and none when all is well. */
export interface Notes {
  /** Data is old: since when, and why. */
  stale: { since: string; why: string } | null;
  /** What the picture lacks. */
  missing: readonly string[];
}

export const NO_NOTES: Notes = { stale: null, missing: [] };

const ownRange = (timeFrom: string): string => `Last ${timeFrom.replace(/^now-/, "")}`;

/** The words for a panel's own range; null when it follows the dashboard's. */
export const ownRangeWords = ({ timeFrom }: Panel): string | null => (timeFrom ? ownRange(timeFrom) : null);

function marksOf({ stale, missing }: Notes): Tree {
  return h("div", { class: "dw-panel-marks" },
    stale && h("span", { class: "dw-stale", title: stale.why, tabindex: 0 }, `Data from ${stale.since}`),
    missing.length > 0
      ? h("span", { class: "dw-mark dw-mark-warning", title: missing.join("\n"), tabindex: 0, role: "note", "aria-label": missing.join("; ") }, "!")
      : null);
}

export function panelHead(panel: Panel, notes: Notes): Tree {
  const { title, description, timeFrom, hideTimeOverride } = panel;
  return h("header", { class: "dw-panel-header" },
    title ? h("h2", { "data-panel-title": "", title }, title) : null,
    description ? h("span", { class: "dw-mark", title: description, tabindex: 0, role: "note", "aria-label": description }, "i") : null,
    timeFrom && !hideTimeOverride ? h("span", { class: "dw-panel-time" }, ownRange(timeFrom)) : null,
    marksOf(notes));
}

/** What lies over the panel instead of a picture; empty when there is one. */
export type Overlay = { kind: "none" } | { kind: "unknown"; type: string | undefined } | { kind: "nodata"; words: string | undefined; range: string } | { kind: "error"; message: string };

function overlayParts(overlay: Exclude<Overlay, { kind: "none" }>): Tree[] {
  switch (overlay.kind) {
    case "unknown":
      return [h("p", { class: "dw-quiet" }, `This panel type is not drawn here yet: ${overlay.type || "none"}`)];
    case "nodata":
      return [h("p", {}, overlay.words || "No data"), h("p", { class: "dw-quiet" }, overlay.range)];
    case "error":
      return [h("p", { role: "alert" }, overlay.message), h("button", { type: "button", class: "dw-button", on: { click: { name: "again" } } }, "Try again")];
  }
}

const NO_OVERLAY = h("div", { class: "dw-panel-overlay" });

export function panelOverlay(overlay: Overlay): Tree {
  return overlay.kind === "none" ? NO_OVERLAY : h("div", { class: "dw-panel-overlay" }, ...overlayParts(overlay));
}
