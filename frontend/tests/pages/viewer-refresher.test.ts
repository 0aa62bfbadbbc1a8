import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Refresher, nextTick } from "../../src/pages/viewer/refresher";

const NEWS = { every: 5000, at: 3300 };

describe("the moment of the next tick", () => {
  it("is one interval after the last where nothing is known of news", () => {
    expect(nextTick(10_000, 5000, null)).toBe(15_000);
  });

  it("is a moment of news, and never long before or after the interval", () => {
    for (let last = 100_000; last < 110_000; last += 70) {
      const next = nextTick(last, 5000, NEWS);
      expect((next - NEWS.at) % 5000).toBe(0);
      expect(next - last).toBeGreaterThan(1250);
      expect(next - last).toBeLessThan(7600);
      expect(nextTick(next, 5000, NEWS) - next).toBe(5000);
    }
  });

  it("keeps a longer interval on average", () => {
    let at = 100_000;
    for (let count = 0; count < 60; count += 1) at = nextTick(at, 7000, NEWS);
    expect((at - 100_000) / 60).toBeGreaterThan(4900);
    expect(nextTick(100_000, 30_000, NEWS) - 100_000).toBeCloseTo(30_000, -4);
  });

  it("is not changed by news that come more rarely than the page asks", () => {
    expect(nextTick(10_000, 5000, { every: 15_000, at: 0 })).toBe(15_000);
  });
});

describe("the page's timer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(1_000_000);
    vi.stubGlobal("document", { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("ticks at the news, with a place of its own among the pages", () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const ticks: number[] = [];
    const timer = new Refresher(() => ticks.push(Date.now()), NEWS);
    timer.every(5000);
    vi.advanceTimersByTime(20_000);
    expect(ticks.length).toBeGreaterThanOrEqual(3);
    expect(ticks.map((at) => (at - NEWS.at) % 5000)).toEqual(ticks.map(() => 400));
    timer.stop();
  });
});
