import { describe, expect, it } from "vitest";
import { closedAtFirst, estimate, layout } from "../../src/pages/viewer/layout";
import { isAboutLink, stateOfStatus } from "../../src/pages/viewer/notice";
import { panelState } from "../../src/pages/viewer/panel-state";
import { type PageData, settingsOf } from "../../src/pages/viewer/settings";
import { openPageWords } from "../../src/lib/words";

const panel = (id: number, x: number, y: number, w: number, h: number, more = {}) => ({ id, type: "stat", gridPos: { x, y, w, h }, ...more });

describe("the grid", () => {
  it("closes gaps upwards and pushes overlaps down", () => {
    const placed = layout([panel(1, 0, 5, 12, 4), panel(2, 12, 7, 12, 4), panel(3, 0, 6, 12, 2)], new Set());
    expect(placed.map(({ panel: { id }, x, y }) => [id, x, y])).toEqual([[1, 0, 0], [3, 0, 4], [2, 12, 0]]);
  });
  it("keeps wild positions inside", () => {
    const [one, two] = layout([panel(1, 30, 0, 99, 0), { id: 2, type: "stat" }], new Set());
    expect(one).toMatchObject({ x: 0, y: 0, w: 12, h: 8 });
    expect(two).toMatchObject({ x: 0, y: 8, w: 24, h: 1 });
  });
  it("folds rows, whose panels come with them", () => {
    const panels = [panel(1, 0, 0, 24, 2), { id: 9, type: "row", title: "R", collapsed: true, gridPos: { x: 0, y: 2, w: 24, h: 1 }, panels: [panel(2, 0, 3, 24, 4)] },
      { id: 10, type: "row", title: "S", gridPos: { x: 0, y: 3, w: 24, h: 1 } }, panel(3, 0, 4, 24, 4)];
    const closed = closedAtFirst(panels);
    expect([...closed]).toEqual(["row-9"]);
    expect(layout(panels, closed).map(({ key, y }) => [key, y])).toEqual([["panel-1", 0], ["row-9", 2], ["row-10", 3], ["panel-3", 4]]);
    expect(layout(panels, new Set()).map(({ key, y }) => [key, y]))
      .toEqual([["panel-1", 0], ["row-9", 2], ["panel-2", 3], ["row-10", 7], ["panel-3", 8]]);
  });
  it("knows widths before anything is drawn", () => {
    const items = layout([panel(1, 0, 0, 12, 4), panel(2, 12, 0, 12, 4)], new Set());
    expect(estimate(items, 1000, false)).toEqual([{ top: 0, width: 496 }, { top: 0, width: 496 }]);
    expect(estimate(items, 300, true)).toEqual([{ top: 0, width: 300 }, { top: 152, width: 300 }]);
  });
});

describe("settings", () => {
  const data = (profile: PageData["profile"], document: PageData["document"] = {}): PageData => ({
    token: "t", base: "/grafana", title: "x", theme: "auto", document, profile, state_url: "", data_url: "", now: 0, expires_at: null,
  });
  it.each([
    ["?theme=dark", "dark"], ["?theme=light&theme=dark", "dark"], ["?theme=system", "auto"], ["?theme=pink", "auto"], ["", "auto"],
  ])("theme of %s is %s", (search, theme) => expect(settingsOf(data({}), search).theme).toBe(theme));
  it.each([
    ["?refresh=10s", "5s", "1m", 10000], ["?refresh=1s", "", "", 5000], ["?refresh=", "30s", "1m", 30000], ["", undefined, "1m", 60000],
    ["?refresh=off", "30s", "1m", null], ["?refresh=nonsense", undefined, false, null], ["?refresh=5s&refresh=1m", "", "", 60000],
  ])("refresh of %s, link %s, document %s", (search, profile, document, ms) => {
    expect(settingsOf(data({ refresh: profile as string }, { refresh: document as string }), search as string).refreshMs).toBe(ms);
  });
  it("lets the reader choose the range only with the picker", () => {
    const document = { time: { from: "now-6h", to: "now" } };
    expect(settingsOf(data({}, document), "?from=now-5m").from).toBe("now-6h");
    expect(settingsOf(data({ picker: true }, document), "?from=now-5m&to=now").from).toBe("now-5m");
    expect(settingsOf(data({ picker: true, from: "now-2h" }, document), "?from=rubbish").from).toBe("now-2h");
    expect(settingsOf(data({}), "").from).toBe("now-1h");
  });
});

describe("states", () => {
  const base = { goodAt: null, hasValues: false, failure: null, partial: [], rangeMs: 1000, now: 5000 };
  it.each([
    [{}, "loading"],
    [{ goodAt: 5000, hasValues: true }, "ready"],
    [{ goodAt: 5000 }, "nodata"],
    [{ failure: "x" }, "error"],
    [{ failure: "x", goodAt: 4500, hasValues: true }, "stale"],
    [{ failure: "x", goodAt: 3999, hasValues: true }, "error"],
    [{ failure: "x", goodAt: 4500 }, "error"],
  ])("%j is %s", (change, state) => expect(panelState({ ...base, ...change })).toBe(state));
  it("tells a refused link from a missing panel", () => {
    expect(isAboutLink(404, "publicdashboards.panelNotFound")).toBe(false);
    expect(isAboutLink(404, "publicdashboards.notFound")).toBe(true);
    expect([401, 403, 410, 500, 0].map((status) => isAboutLink(status, ""))).toEqual([true, true, true, false, false]);
    expect([403, 410, 404, 401].map(stateOfStatus)).toEqual(["paused", "expired", "revoked", "locked"]);
    expect(openPageWords("rotated").title).toBe("This link has been replaced");
    expect(openPageWords("what nobody knows").title).toBe("This link was turned off");
    expect(openPageWords("locked").text).toBe("Load the page again to enter its password.");
  });
});
