// @vitest-environment jsdom
import { expect, it, vi } from "vitest";
import { installCanvas } from "../support/canvas";

it("measures text on a canvas, and about so without one", async () => {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValueOnce(null);
  const { browser: without } = await import("../../src/charts/browser");
  expect(without.textWidth("abcd", 10)).toBeCloseTo(22);
  vi.restoreAllMocks();
  installCanvas();
  vi.resetModules();
  const { browser } = await import("../../src/charts/browser");
  expect(browser.textWidth("abcd", 10, 500)).toBe(28);
});

it("parses HTML without loading or running any of it", async () => {
  const { browser } = await import("../../src/charts/browser");
  const body = browser.parseHtml('<p>a</p><script>window.ran = true</script><img src=x onerror="window.ran = true">');
  expect([body.childNodes.length, "ran" in window]).toEqual([3, false]);
});
