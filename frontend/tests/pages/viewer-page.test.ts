// @vitest-environment jsdom
/** The viewer's page as a whole: what it asks for and when, what it shows, and when it stands aside. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Panel } from "../../src/charts/frames/document";
import type { PageData, Profile } from "../../src/pages/viewer/settings";
import { waves } from "../charts/cases";
import { closePage, installPage, resize, see, setHidden, setMedia, size } from "../support/page";
import { Server, settled } from "../support/server";

installPage();

const NOW = Date.UTC(2026, 2, 15, 13, 45, 30);
const STATE = "/grafana/state";
const dataOf = (id: number): string => `/grafana/data/${id}`;
const answer = (results: unknown = waves(["a"])): { body: unknown } => ({ body: { from: NOW - 3600_000, to: NOW, step_ms: 300_000, results } });

function panel(id: number, y: number, more: Partial<Panel> = {}): Panel {
  return { id, type: "stat", title: `Panel ${id}`, gridPos: { x: 0, y, w: 24, h: 8 }, targets: [{ refId: "A", legendFormat: "{{name}}" }], ...more };
}

let server: Server;
let told: Record<string, unknown>[];

async function open(panels: Panel[], { profile = {}, search = "", ...more }: { profile?: Profile; search?: string } & Partial<PageData> = {}): Promise<void> {
  history.replaceState(null, "", `/${search}`);
  const data: PageData = {
    token: "t", base: "/grafana", title: "Rigs", theme: "auto", document: { panels, timezone: "utc", refresh: "10s" }, profile, state_url: STATE,
    data_url: "/grafana/data/{id}", now: NOW, expires_at: null, ...more,
  };
  document.body.innerHTML = '<main id="dashwright-viewer"></main>';
  const script = document.createElement("script");
  script.type = "application/json";
  script.id = "dashwright-data";
  script.textContent = JSON.stringify(data);
  document.body.append(script);
  vi.resetModules();
  await import("../../src/pages/viewer/main");
  await settled();
  // The drawing is a chunk of its own, read from the disk here.
  await import("../../src/charts/kinds/parts");
  await settled();
}

const card = (id: number): HTMLElement => document.querySelector<HTMLElement>(`[data-panel-id="${id}"]`)!;
const states = (): (string | undefined)[] => [...document.querySelectorAll<HTMLElement>(".dw-panel")].map((one) => one.dataset["state"]);
const notice = (): HTMLElement | null => document.querySelector<HTMLElement>(".dw-notice");

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["setTimeout", "clearTimeout", "Date", "requestAnimationFrame", "cancelAnimationFrame"] });
  server = new Server().on(STATE, { body: { state: "live" } }).on("*", answer());
  told = [];
  vi.stubGlobal("parent", { postMessage: (message: Record<string, unknown>) => told.push(message) });
  vi.stubGlobal("innerHeight", 600);
  vi.stubGlobal("innerWidth", 1000);
  Object.assign(size, { width: 480, height: 240 });
});
afterEach(() => {
  setMedia("(prefers-color-scheme: dark)", false);
  setHidden(false);
  closePage();
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the first screen", () => {
  it("asks for what is on it before anything is drawn, in the widths it will have", async () => {
    await open([panel(1, 0), panel(2, 8, { type: "text", options: { content: "# Hi" }, gridPos: { x: 0, y: 8, w: 24, h: 4 } }), panel(3, 12)]);
    expect(server.of(dataOf(1))).toMatchObject([{ method: "POST", body: { from: NOW - 3600_000, to: NOW, width: 984 } }]);
    expect([1, 2, 3].map((id) => server.of(dataOf(id)).length)).toEqual([1, 0, 1]);
    expect(card(1).querySelector("[data-value-text]")!.textContent).toBe("40");
    expect(card(2).querySelector(".dw-text h1")!.textContent).toBe("Hi");
    expect(told.find(({ type }) => type === "loaded")).toMatchObject({ source: "dashwright", title: "Rigs" });
  });
  it("leaves what lies below it until it comes into view", async () => {
    await open([panel(1, 0), panel(2, 8), panel(3, 16), panel(4, 24), panel(5, 32, { type: "text", options: { content: "Below" } })]);
    expect([server.of(dataOf(3)).length, states(), card(5).textContent]).toEqual([0, ["ready", "ready", "loading", "loading", "ready"], "Panel 5"]);
    see(card(5));
    await settled();
    expect(card(5).textContent).toBe("Panel 5Below");
    see(card(3));
    await settled();
    expect([server.of(dataOf(3)).length, states()]).toEqual([1, ["ready", "ready", "ready", "loading", "ready"]]);
  });
  it("says that a dashboard is empty, and what it cannot draw", async () => {
    await open([]);
    expect(document.querySelector(".dw-empty")!.textContent).toBe("This dashboard has no panels.");
    expect(told.map(({ type }) => type)).toContain("loaded");
    await open([panel(1, 0, { type: "geomap" })]);
    expect(card(1).textContent).toContain("This panel type is not drawn here yet: geomap");
    expect(server.of(dataOf(1)).length).toBe(0);
  });
  it("goes by the server's clock where its own is wrong", async () => {
    vi.setSystemTime(NOW - 600_000);
    await open([panel(1, 0)]);
    expect((server.of(dataOf(1))[0]!.body as { to: number }).to).toBeGreaterThanOrEqual(NOW);
  });
});

describe("a panel's words", () => {
  it("are no data, with the range", async () => {
    server.on(dataOf(1), answer({})).on(dataOf(2), answer({}));
    await open([panel(1, 0), panel(2, 8, { timeFrom: "2h", fieldConfig: { defaults: { noValue: "Switched off" } } })]);
    expect(states()).toEqual(["nodata", "nodata"]);
    expect(card(1).querySelector(".dw-panel-overlay")!.textContent).toBe("No dataLast 1 hour");
    expect(card(2).querySelector(".dw-panel-overlay")!.textContent).toBe("Switched offLast 2h");
    expect(server.of(dataOf(2))[0]!.body).toMatchObject({ from: NOW - 7200_000, to: NOW });
  });
  it("tell why there is nothing, and try again when asked to", async () => {
    server.on(dataOf(1), { status: 502 });
    await open([panel(1, 0)]);
    expect([states(), card(1).querySelector("[role=alert]")!.textContent]).toEqual([["error"], "The data source could not be reached"]);
    expect(told).toContainEqual({ source: "dashwright", type: "error", panelId: 1, message: "The data source could not be reached" });
    server.on(dataOf(1), answer());
    card(1).querySelector<HTMLElement>(".dw-button")!.click();
    await settled();
    expect([states(), card(1).querySelector("[role=alert]")]).toEqual([["ready"], null]);
  });
  it("mark what failed beside what did not, and what was not done to it", async () => {
    server.on(dataOf(1), answer({ ...waves(["a"]), B: { status: 504 } })).on(dataOf(2), answer({ A: { status: 500, error: "bad query" } }));
    await open([panel(1, 0, { transformations: [{ id: "nobodyKnows" }] }), panel(2, 8)]);
    expect(card(1).querySelector(".dw-mark-warning")!.getAttribute("title")).toBe("B: no answer from the data source\nTransformation not applied: nobodyKnows");
    expect([card(1).dataset["partial"], card(2).querySelector("[role=alert]")!.textContent]).toEqual(["", "bad query"]);
  });
  it("keep old values greyed while the datasource is away, until they are older than the range", async () => {
    await open([panel(1, 0)]);
    server.on(dataOf(1), "unreachable");
    await vi.advanceTimersByTimeAsync(10_000);
    expect([states(), card(1).querySelector("[data-value-text]")!.textContent]).toEqual([["stale"], "40"]);
    expect(card(1).querySelector(".dw-stale")!.getAttribute("title")).toBe("The server could not be reached Last data 2026-03-15 13:45:30.");
    await vi.advanceTimersByTimeAsync(3600_000);
    expect([states(), card(1).querySelector("[data-value-text]")]).toEqual([["error"], null]);
  });
});

describe("refreshing", () => {
  it("goes on at its interval while the tab is seen, and at once when it is seen late", async () => {
    await open([panel(1, 0)]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.of(dataOf(1)).length).toBe(4);
    setHidden(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.of(dataOf(1)).length).toBe(4);
    setHidden(false);
    await settled();
    expect(server.of(dataOf(1)).length).toBe(5);
  });
  it("leaves a question that is under way to finish, and what is out of view alone", async () => {
    server.on(dataOf(1), "never");
    await open([panel(1, 0), panel(2, 8)]);
    see(card(2), false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([server.of(dataOf(1)).length, server.of(dataOf(2)).length]).toEqual([1, 1]);
    expect(card(1).dataset["busy"]).toBe("");
  });
  it("draws anew in another size, and not at all in none", async () => {
    await open([panel(1, 0)]);
    const value = (): string => card(1).querySelector<HTMLElement>("[data-value-text]")!.style.fontSize;
    const before = value();
    Object.assign(size, { width: 100, height: 60 });
    resize(card(1).querySelector(".dw-panel-view")!);
    await vi.advanceTimersByTimeAsync(20);
    const small = value();
    Object.assign(size, { width: 10, height: 5 });
    resize(card(1).querySelector(".dw-panel-view")!);
    await vi.advanceTimersByTimeAsync(20);
    expect([before === small, value()]).toEqual([false, small]);
  });
  it("does not draw again where the browser tells the size that was drawn", async () => {
    await open([panel(1, 0)]);
    const changes = new MutationObserver(() => undefined);
    changes.observe(card(1), { subtree: true, childList: true, attributes: true, characterData: true });
    resize(card(1).querySelector(".dw-panel-view")!);
    await vi.advanceTimersByTimeAsync(20);
    expect(changes.takeRecords()).toEqual([]);
  });
});

describe("the toolbar", () => {
  const select = (label: string): HTMLSelectElement => document.querySelector<HTMLSelectElement>(`select[aria-label="${label}"]`)!;
  const choose = async (label: string, value: string): Promise<void> => {
    select(label).value = value;
    select(label).dispatchEvent(new Event("change"));
    await settled();
  };
  it("is there only where the link allows it", async () => {
    await open([panel(1, 0)]);
    expect(document.querySelector(".dw-toolbar")).toBeNull();
    await open([panel(1, 0)], { profile: { chrome: true } });
    expect(document.querySelector(".dw-toolbar")!.textContent).toBe("Rigs");
  });
  it("changes the range at once, in place of a question under way", async () => {
    await open([panel(1, 0), panel(2, 8), panel(3, 16)], { profile: { picker: true } });
    server.on(dataOf(1), "never");
    await vi.advanceTimersByTimeAsync(10_000);
    await choose("Time range", "now-6h|now");
    const asked = server.of(dataOf(1));
    expect(asked.map(({ signal }) => signal!.aborted)).toEqual([false, true, false]);
    const { from, to } = asked[2]!.body as { from: number; to: number };
    expect(to - from).toBe(6 * 3600_000);
    expect(states()[2]).toBe("loading");
  });
  it("shows a range and a refresh of the document's own", async () => {
    const document_ = { panels: [panel(1, 0)], time: { from: "now-45m", to: "now" }, refresh: "7s", timepicker: { refresh_intervals: ["10s", "10s"] } };
    await open([], { profile: { picker: true }, document: document_ });
    expect([...select("Time range").options].map(({ text }) => text)[0]).toBe("Last 45 minutes");
    expect([...select("Refresh").options].map(({ text, selected }) => [text, selected])).toEqual([["No refresh", false], ["Every 10s", false], ["Every 7s", true]]);
  });
  it("changes the refresh, and refreshes now", async () => {
    await open([panel(1, 0)], { profile: { picker: true } });
    await choose("Refresh", "null");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.of(dataOf(1)).length).toBe(1);
    document.querySelector<HTMLElement>('[aria-label="Refresh now"]')!.click();
    await choose("Refresh", "60000");
    expect(server.of(dataOf(1)).length).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.of(dataOf(1)).length).toBe(3);
  });
});

describe("rows", () => {
  it("fold and unfold their panels", async () => {
    const row = { id: 9, type: "row", title: "More", collapsed: true, gridPos: { x: 0, y: 8, w: 24, h: 1 }, panels: [panel(2, 9)] };
    await open([panel(1, 0), row]);
    const button = (): HTMLElement => document.querySelector<HTMLElement>(".dw-row button")!;
    expect([button().getAttribute("aria-expanded"), states().length]).toEqual(["false", 1]);
    button().click();
    see(card(2));
    await settled();
    expect([button().getAttribute("aria-expanded"), states(), document.activeElement]).toEqual(["true", ["ready", "ready"], button()]);
    button().click();
    expect(states()).toEqual(["ready"]);
  });
});

describe("themes", () => {
  const theme = (): string | undefined => document.documentElement.dataset["theme"];
  it("follow the reader's, unless the page around the frame asks for one", async () => {
    await open([panel(1, 0)]);
    expect(theme()).toBe("light");
    setMedia("(prefers-color-scheme: dark)", true);
    expect(theme()).toBe("dark");
    const say = (data: unknown, source: unknown = window.parent): void => {
      window.dispatchEvent(messageFrom(source, data));
    };
    say({ type: "dashwright:theme", theme: "light" });
    expect(theme()).toBe("light");
    for (const data of [{ type: "dashwright:theme", theme: "pink" }, { type: "other", theme: "dark" }, "text", null]) say(data);
    say({ type: "dashwright:theme", theme: "dark" }, window);
    expect(theme()).toBe("light");
  });
  it("may be transparent, and sharp again on another display", async () => {
    await open([panel(1, 0)], { theme: "dark", profile: { transparent: true } });
    expect([document.documentElement.dataset["transparent"], theme()]).toEqual(["", "dark"]);
    setMedia("(resolution: 1dppx)", false);
    delete document.documentElement.dataset["transparent"];
  });
});

function messageFrom(source: unknown, data: unknown): MessageEvent {
  const event = new MessageEvent("message", { data });
  Object.defineProperty(event, "source", { value: source });
  return event;
}

describe("a link that is not live", () => {
  it("shows a notice in place of the charts, forgets their data, and comes back by itself", async () => {
    await open([panel(1, 0)]);
    server.on(STATE, { body: { state: "paused", until: new Date(NOW + 3600_000).toISOString() } });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(notice()!.textContent).toContain("This dashboard is paused");
    expect(notice()!.querySelector("time")!.getAttribute("datetime")).toBe(new Date(NOW + 3600_000).toISOString());
    expect([document.querySelector<HTMLElement>(".dw-grid")!.hidden, card(1).querySelector("[data-value-text]")]).toEqual([true, null]);
    expect(told.at(-1)).toMatchObject({ type: "paused", state: "paused" });
    const asked = server.of(dataOf(1)).length;
    server.on(STATE, { body: { state: "live" } });
    await vi.advanceTimersByTimeAsync(5_050);
    expect([notice(), states(), server.of(dataOf(1)).length]).toEqual([null, ["ready"], asked + 1]);
    expect(told.some(({ type }) => type === "live")).toBe(true);
  });
  it("is asked about once when its panels are refused", async () => {
    server.on("*", { status: 410, body: { messageId: "x" } }).on(STATE, { status: 410 });
    await open([panel(1, 0), panel(2, 8)]);
    expect([server.of(STATE).length, notice()!.dataset["notice"], states()]).toEqual([1, "expired", ["loading", "loading"]]);
  });
  it("needs its password again after a 401, without a question", async () => {
    server.on("*", { status: 401 });
    await open([panel(1, 0)]);
    expect([server.of(STATE).length, notice()!.dataset["notice"]]).toEqual([0, "locked"]);
  });
  it("is believed refused when its state cannot be had", async () => {
    server.on("*", { status: 403 }).on(STATE, "unreachable");
    await open([panel(1, 0)]);
    expect(notice()!.dataset["notice"]).toBe("paused");
  });
  it("is not meant by a panel that is gone", async () => {
    server.on("*", { status: 404, body: { messageId: "publicdashboards.panelNotFound" } });
    await open([panel(1, 0)]);
    expect([server.of(STATE).length, notice(), states()]).toEqual([0, null, ["error"]]);
  });
  it("is asked about in the moment it expires", async () => {
    await open([panel(1, 0)], { expires_at: NOW + 4_000 });
    server.on(STATE, { body: { state: "expired" } });
    await vi.advanceTimersByTimeAsync(4_100);
    expect(notice()!.dataset["notice"]).toBe("expired");
  });
});
