// @vitest-environment jsdom
/** The script beside Grafana's page: what it asks, when it covers the dashboard, and what the page around the frame hears. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closePage, installPage, setHidden, setMedia } from "../support/page";
import { type Frame, inFrame, run, stubLocation } from "../support/script";
import { Server, settled } from "../support/server";

installPage();

const TOKEN = "0123456789abcdef0123456789abcdef";
const STATE = `/grafana/public-dashboards/${TOKEN}/state`;
const API = `http://localhost:3000/grafana/api/public/dashboards/${TOKEN}`;
const NOW = Date.UTC(2026, 2, 15);
const COLOURS = {
  light: { page: "rgb(1, 1, 1)", text: "rgb(2, 2, 2)", "text-secondary": "rgb(3, 3, 3)" },
  dark: { page: "rgb(4, 4, 4)", text: "rgb(5, 5, 5)", "text-secondary": "rgb(6, 6, 6)" },
};

let server: Server;
let frame: Frame;
let place: ReturnType<typeof stubLocation>;

const SCRIPT = "http://localhost:3000/grafana/dashwright/relay.js";
const open = async (data: Record<string, string> = {}, src = SCRIPT): Promise<void> => {
  await run(() => import("../../src/public/relay"), { state: STATE, refresh: "10000", theme: "light", ...data }, src);
  await settled();
};
const later = async (ms: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
};
const notice = (): HTMLElement | null => document.querySelector<HTMLElement>(".dashwright-notice");
const query = (id: number): Promise<Response> => fetch(`${API}/panels/${id}/query`, { method: "POST" });
const kinds = (): unknown[] => frame.told.map((one) => one["type"]);

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  document.body.className = "";
  document.body.innerHTML = '<div id="grafana"></div><script></script>';
  place = stubLocation("?from=now-1h&refresh=5s&from=now-2h&x=1");
  server = new Server().on(STATE, { body: { state: "live" } });
  frame = inFrame();
  vi.stubGlobal("__NOTICE__", COLOURS);
});
afterEach(() => {
  closePage();
  setHidden(false);
  setMedia("(prefers-color-scheme: dark)", false);
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("below a path of a frontend", () => {
  it("Grafana asks below the path it is shown at, and its questions are still ours", async () => {
    const settings = { appSubUrl: "/grafana" };
    vi.stubGlobal("grafanaBootData", { settings });
    const state = `public-dashboards/${TOKEN}/state`;
    const query = `http://localhost:3000/dash/grafana/api/public/dashboards/${TOKEN}/panels/1/query`;
    server.on(state, { body: { state: "live" } }).on(query, { body: { results: {} } });
    await open({ state }, "http://localhost:3000/dash/grafana/dashwright/relay.js");
    expect(settings.appSubUrl).toBe("/dash/grafana");
    await fetch(query, { method: "POST" });
    await settled();
    expect(kinds()).toContain("loaded");
  });
});

describe("how the link stands", () => {
  it("is asked at once, at the dashboard's refresh, and when the page is seen again", async () => {
    await open();
    expect(server.of(STATE)).toHaveLength(1);
    await later(10_000);
    expect(server.of(STATE)).toHaveLength(2);
    setHidden(true);
    setHidden(false);
    await settled();
    expect(server.of(STATE)).toHaveLength(3);
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await settled();
    expect(server.of(STATE)).toHaveLength(4);
    expect([notice(), frame.told]).toEqual([null, []]);
  });
  it.each([["1000", 5_000], ["600000", 60_000], ["", 30_000]])("with a refresh of %s it is asked every %i ms", async (refresh, ms) => {
    await open({ refresh });
    await later(ms - 100);
    expect(server.of(STATE)).toHaveLength(1);
    await later(100);
    expect(server.of(STATE)).toHaveLength(2);
  });
  it("is asked the moment the link ends", async () => {
    server.on(STATE, { body: { state: "live", until: new Date(NOW + 2000).toISOString() } });
    await open();
    server.on(STATE, { body: { state: "expired" } });
    await later(2100);
    expect(notice()!.textContent).toBe("This link has expiredAsk whoever gave it to you for a new one.");
  });
  it("without an answer nothing changes, and the third time in a row is told", async () => {
    server.on(STATE, { status: 502 });
    await open();
    await later(10_000);
    expect(frame.told).toEqual([]);
    await later(10_000);
    expect(frame.told).toEqual([{ source: "dashwright", type: "error", message: "The dashboard's server cannot be reached" }]);
    expect(notice()).toBeNull();
  });
  it("is not asked for an address that is no link's", async () => {
    await open({ state: "/grafana/public-dashboards/x/state" });
    expect(server.asked).toEqual([]);
  });
});

describe("a link that is no longer live", () => {
  it("is covered in Grafana's theme, told, and shown again by loading", async () => {
    await open();
    document.body.classList.add("theme-dark");
    server.on(STATE, { body: { state: "paused", until: "2026-03-16T00:00:00Z" } });
    await later(10_000);
    expect([notice()!.dataset["notice"], notice()!.style.background, notice()!.querySelector("strong")!.style.color]).toEqual(["paused", "rgb(4, 4, 4)", "rgb(5, 5, 5)"]);
    expect(document.getElementById("grafana")!.style.visibility).toBe("hidden");
    expect(frame.told).toEqual([{ source: "dashwright", type: "paused", state: "paused", until: "2026-03-16T00:00:00Z" }]);
    server.on(STATE, { body: { state: "locked" } });
    await later(10_000);
    expect([document.querySelectorAll(".dashwright-notice").length, notice()!.textContent]).toEqual([1, "This dashboard is protectedLoad the page again to enter its password."]);
    server.on(STATE, { body: { state: "live" } });
    await later(10_000);
    expect([kinds(), place.reloads]).toEqual([["paused", "locked", "live"], 1]);
  });
  it.each([[false, "rgb(1, 1, 1)"], [true, "rgb(4, 4, 4)"]])("before Grafana has a theme the reader's own counts (dark: %s)", async (dark, background) => {
    setMedia("(prefers-color-scheme: dark)", dark);
    server.on(STATE, { status: 404 });
    await open();
    expect([notice()!.dataset["notice"], notice()!.style.background]).toEqual(["revoked", background]);
  });
});

describe("rules for frames that are others than the page's", () => {
  it("make a page in a frame load itself anew", async () => {
    server.on(STATE, { body: { state: "live", frame: "0123" } });
    await open({ frame: "0123" });
    await later(10_000);
    expect(place.reloads).toBe(0);
    server.on(STATE, { body: { state: "live", frame: "4567" } });
    await later(10_000);
    expect(place.reloads).toBe(1);
  });
});

describe("Grafana's questions", () => {
  it("take the range and the refresh of the page's own address, and no others", async () => {
    await open();
    server.on("*", { body: {} });
    await fetch(API);
    await fetch("http://elsewhere.test/x");
    await fetch(new Request(`${API}/panels/1/query`));
    const asked = server.asked.slice(1).map((one) => String((one.path as unknown as Request).url ?? one.path));
    expect(asked).toEqual([`${API}?from=now-2h&refresh=5s`, "http://elsewhere.test/x", `${API}/panels/1/query`]);
  });
  it("tell when the first panel is there, once, with the dashboard's height", async () => {
    document.title = "Rigs";
    document.body.innerHTML += '<div id="reactRoot"><div class="react-grid-layout"></div></div><div data-testid="public-dashboard-footer"></div>';
    await open();
    server.on("*", { body: {} });
    await query(1);
    await query(2);
    await settled();
    expect(frame.told).toEqual([{ source: "dashwright", type: "loaded", title: "Rigs", height: 36 }]);
    await later(500);
    await later(500);
    expect(frame.told.slice(1)).toEqual([{ source: "dashwright", type: "height", height: 36 }]);
  });
  it("of a dashboard of texts end with the dashboard itself", async () => {
    await open();
    server.on("*", { body: {} });
    await fetch(API);
    await later(2900);
    expect(kinds()).toEqual([]);
    await later(200);
    expect(kinds()).toEqual(["loaded"]);
  });
  it.each([
    [500, { results: { A: {}, B: { error: "bad query" } } }, ["loaded", "error"], "bad query"],
    [502, { message: "Prometheus is away" }, ["loaded", "error"], "Prometheus is away"],
    [404, { messageId: "publicdashboards.panelNotFound" }, ["loaded", "error"], "The panel could not be loaded"],
    [403, null, ["error"], "The panel could not be loaded"],
  ])("that fail with %i are told", async (status, body, told, message) => {
    await open();
    server.on("*", { status, body });
    await query(3);
    await settled();
    expect(kinds()).toEqual(told);
    expect(frame.told.at(-1)).toMatchObject({ panelId: 3, message });
    expect(server.of(STATE)).toHaveLength([403, 404].includes(status) ? 2 : 1);
  });
  it("that are refused since the link has ended are not answered at all", async () => {
    await open();
    server.on("*", { status: 410, body: { messageId: "publicdashboards.gone" } });
    server.on(STATE, { body: { state: "expired" } });
    let handed = 0;
    for (const id of [1, 2]) void query(id).then(() => (handed += 1));
    await later(5_000);
    expect([handed, notice()!.dataset["notice"], kinds()]).toEqual([0, "expired", ["expired"]]);
  });
  it("that are refused are not judged by a question that was asked before", async () => {
    await open();
    const early = server.hold(STATE);
    setHidden(true);
    setHidden(false);
    server.on("*", { status: 410, body: null });
    let handed = 0;
    void query(1).then(() => (handed += 1));
    await settled();
    server.on(STATE, { body: { state: "revoked" } });
    early();
    await settled();
    expect([handed, notice()!.dataset["notice"]]).toEqual([0, "revoked"]);
  });
  it("that never come are told after half a minute", async () => {
    await open();
    await later(30_000);
    expect(frame.told).toEqual([{ source: "dashwright", type: "error", message: "The dashboard did not start" }]);
  });
});

it("a theme that the page around the frame wants is asked of Grafana, when it is another", async () => {
  await open();
  frame.say({ type: "dashwright:theme", theme: "light" });
  frame.say({ type: "dashwright:theme", theme: "pink" });
  frame.say({ type: "dashwright:theme", theme: "dark" }, window);
  expect(place.went).toEqual([]);
  frame.say({ type: "dashwright:theme", theme: "system" });
  expect(place.went).toEqual(["http://localhost:3000/grafana/x?from=now-1h&refresh=5s&from=now-2h&x=1&theme=auto"]);
});
