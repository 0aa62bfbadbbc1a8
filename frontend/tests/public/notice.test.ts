// @vitest-environment jsdom
/** The small page that stands for a dashboard: what it tells the page around it, and when it loads itself again. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Frame, inFrame, run, stubLocation } from "../support/script";
import { Server, settled } from "../support/server";

const STATE = "/grafana/state";
let server: Server;
let frame: Frame;
let place: ReturnType<typeof stubLocation>;
const open = (reason: string): Promise<void> => run(() => import("../../src/public/notice"), { reason, state: STATE });
const later = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(5000);
  await settled();
};

beforeEach(() => {
  vi.useFakeTimers();
  document.title = "This dashboard is paused";
  server = new Server().on(STATE, { body: { state: "live" } });
  frame = inFrame();
  place = stubLocation();
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the page around the frame", () => {
  it.each([
    ["paused", { type: "paused", state: "paused", until: null }],
    ["wrong_password", { type: "locked", state: "locked", until: null }],
    ["unavailable", { type: "error", state: "unavailable", message: "This dashboard is paused" }],
  ])("hears of %s", async (reason, message) => {
    await open(reason);
    expect(frame.told).toEqual([{ source: "dashwright", ...message }]);
  });
  it("gives the theme", async () => {
    await open("paused");
    frame.say({ type: "dashwright:theme", theme: "dark" });
    expect(document.documentElement.dataset["theme"]).toBe("dark");
  });
});

describe("loading again", () => {
  it.each([["paused", "live", 1], ["paused", "paused", 0], ["locked", "live", 1], ["unavailable", "live", 0], ["unavailable", "paused", 1]])(
    "of %s, when the link is %s: %i times", async (reason, state, times) => {
      server.on(STATE, { body: { state } });
      await open(reason);
      await later();
      expect(place.went).toHaveLength(times);
    });
  it.each(["expired", "revoked", "rotated", "withdrawn", "unknown"])("is never tried for %s, which is over", async (reason) => {
    await open(reason);
    await later();
    expect(server.asked).toEqual([]);
  });
  it.each([{ status: 503 }, "unreachable"] as const)("waits while the answer is %j", async (answer) => {
    server.on(STATE, answer);
    await open("paused");
    await later();
    expect([server.asked.length, place.went]).toEqual([1, []]);
  });
});
