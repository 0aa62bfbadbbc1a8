// @vitest-environment jsdom
/** What every page of ours has: buttons that copy, and filters that send themselves. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { closePage, installPage } from "../support/page";
import { run } from "../support/script";
import { settled } from "../support/server";

installPage();
const $ = <T extends HTMLElement = HTMLElement>(selector: string): T => document.querySelector<T>(selector)!;

beforeEach(async () => {
  vi.useFakeTimers();
  document.body.innerHTML = `<p id="said"></p><button data-copy="text">Copy<span> of it</span></button><button id="other">x</button>
    <form><select data-submits><option>a</option></select><select id="plain"><option>a</option></select></form>`;
  await run(() => import("../../src/public/app"));
});
afterEach(() => {
  closePage();
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("copying", () => {
  const clipboard = (writeText: (text: string) => Promise<void>): void => void Object.defineProperty(navigator, "clipboard", { configurable: true, value: { writeText } });
  const button = (): HTMLElement => $("[data-copy]");

  it("says that it was done, and has its own words again after a while", async () => {
    const copied: string[] = [];
    clipboard(async (text) => void copied.push(text));
    button().click();
    button().click();
    await settled();
    expect([copied, button().textContent, $("#said").textContent]).toEqual([["text"], "Copied", "Copied to the clipboard"]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(button().innerHTML).toBe("Copy<span> of it</span>");
    $("#other").click();
    expect(copied).toHaveLength(1);
  });
  it.each([[true, "Copied"], [false, "Not copied"]])("where scripts have no clipboard the old way is tried (%s)", async (works, words) => {
    clipboard(() => Promise.reject(new Error("insecure")));
    document.execCommand = () => works;
    button().click();
    await settled();
    expect([button().textContent, document.querySelector("textarea")]).toEqual([words, null]);
  });
});

it("a filter sends its form, and no other field does", () => {
  const sent = vi.fn();
  $<HTMLFormElement>("form").requestSubmit = sent;
  $("#plain").dispatchEvent(new Event("change", { bubbles: true }));
  expect(sent).not.toHaveBeenCalled();
  $("[data-submits]").dispatchEvent(new Event("change", { bubbles: true }));
  expect(sent).toHaveBeenCalledOnce();
});
