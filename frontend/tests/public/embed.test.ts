// @vitest-environment jsdom
/** embed.js in a host's page: the frame it makes, whom it believes, and what the host hears. */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { DashboardEvent, EmbedOptions, Embedded } from "../../src/public/embed";
import { run } from "../support/script";

const LINK = "https://dash.test/grafana/public-dashboards/x?orgId=1";
const embed = (options: EmbedOptions): Embedded => window.Dashwright!.embed(document.body, options);
const says = (iframe: HTMLIFrameElement, data: unknown, origin = "https://dash.test", source: unknown = iframe.contentWindow): void => {
  window.dispatchEvent(new MessageEvent("message", { data, origin, source: source as Window }));
};
const sent = (iframe: HTMLIFrameElement): unknown[] => {
  const messages: unknown[] = [];
  iframe.contentWindow!.postMessage = ((message: unknown) => messages.push(message)) as Window["postMessage"];
  return messages;
};

beforeAll(() => run(() => import("../../src/public/embed")));
beforeEach(() => document.body.replaceChildren());

describe("a frame", () => {
  it("shows the link in the wanted theme", () => {
    const { iframe } = embed({ url: LINK, theme: "dark" });
    expect([iframe.src, iframe.title, iframe.style.height, iframe.parentElement]).toEqual([`${LINK}&theme=dark`, "Dashboard", "200px", document.body]);
  });
  it.each([["javascript:alert(1)", undefined, "no web address"], [LINK, "pink", "must be light, dark or auto"]])("refuses %s in %s", (url, theme, words) => {
    expect(() => embed({ url, theme })).toThrow(words);
  });
  it("follows the dashboard's height within its bounds, unless it is fixed", () => {
    const free = embed({ url: LINK, minHeight: 100, maxHeight: 300 }).iframe;
    const fixed = embed({ url: LINK, height: 50 }).iframe;
    const heights = [10, 250, 900, NaN].map((height) => {
      for (const iframe of [free, fixed]) says(iframe, { source: "dashwright", type: "height", height });
      return [free.style.height, fixed.style.height];
    });
    expect(heights).toEqual([["100px", "50px"], ["250px", "50px"], ["300px", "50px"], ["300px", "50px"]]);
  });
  it("hands on its own events, and believes nobody else", () => {
    const events: DashboardEvent[] = [];
    const { iframe, destroy } = embed({ url: LINK, onEvent: (event) => events.push(event) });
    says(iframe, { source: "dashwright", type: "paused", until: null });
    says(iframe, { source: "dashwright", type: "live" }, "https://evil.test");
    says(iframe, { source: "dashwright", type: "live" }, "https://dash.test", window);
    for (const data of [null, { source: "other", type: "live" }, { source: "dashwright", type: 1 }]) says(iframe, data);
    expect(events).toEqual([{ type: "paused", until: null }]);
    destroy();
    says(iframe, { source: "dashwright", type: "live" });
    expect([events.length, iframe.isConnected]).toEqual([1, false]);
  });
  it("is told the theme once it has spoken, and at each change", () => {
    const { iframe, setTheme } = embed({ url: LINK, theme: "dark" });
    const messages = sent(iframe);
    setTheme("light");
    expect(messages).toEqual([]);
    says(iframe, { source: "dashwright", type: "height", height: 300 });
    says(iframe, { source: "dashwright", type: "loaded" });
    setTheme("auto");
    expect(messages).toEqual(["light", "light", "auto"].map((theme) => ({ type: "dashwright:theme", theme })));
  });
});

describe("the element", () => {
  const element = (attributes: Record<string, string>): HTMLElement => {
    const made = document.createElement("dashwright-embed");
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    document.body.append(made);
    return made;
  };
  const frame = (of: HTMLElement): HTMLIFrameElement | null => of.querySelector("iframe");

  it("holds a frame, follows its attributes, and lets go of it", () => {
    const made = element({ url: LINK, theme: "dark", title: "Rig 1", height: "90" });
    expect([frame(made)!.title, frame(made)!.style.height, made.style.display]).toEqual(["Rig 1", "90px", "block"]);
    const heard = vi.fn();
    made.addEventListener("dashwright", (event) => heard((event as CustomEvent).detail));
    const messages = sent(frame(made)!);
    says(frame(made)!, { source: "dashwright", type: "loaded" });
    made.setAttribute("theme", "light");
    expect(messages.at(-1)).toEqual({ type: "dashwright:theme", theme: "light" });
    expect(heard).toHaveBeenCalledWith({ type: "loaded" });
    made.setAttribute("url", "https://other.test/x");
    expect([made.children.length, frame(made)!.src]).toEqual([1, "https://other.test/x?theme=light"]);
    made.remove();
    expect(frame(made)).toBeNull();
  });
  it("without an address holds nothing", () => {
    const made = element({});
    made.setAttribute("theme", "dark");
    expect(frame(made)).toBeNull();
  });
});

it("a second copy of the script leaves the first in its place", async () => {
  const first = window.Dashwright;
  await run(() => import("../../src/public/embed"));
  expect(window.Dashwright).toBe(first);
});
