import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Theme, contrast } from "../src/charts/display/colors";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");

function tokens(theme: Theme): Record<string, string> {
  const block = new RegExp(`:root\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)![1]!;
  return Object.fromEntries([...block.matchAll(/--dw-([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]));
}

const SURFACES = ["page", "surface", "raised"];

describe.each(["light", "dark"] as const)("%s theme", (theme) => {
  const of = tokens(theme);
  const ratio = (front: string, back: string): number => contrast(of[front]!, of[back]!, of["page"]!);
  it.each(["text", "text-secondary", "accent", "accent-hover", "axis-text", "info"].flatMap((front) => SURFACES.map((back) => [front, back] as const)))(
    "%s is readable on %s", (front, back) => expect(ratio(front, back)).toBeGreaterThanOrEqual(4.5));
  it.each(["surface", "raised"])("a warning's words are readable on %s", (back) => expect(ratio("warning", back)).toBeGreaterThanOrEqual(4.5));
  it.each(["good", "bad", "warning", "info", "accent", "field-line"].flatMap((front) => SURFACES.map((back) => [front, back] as const)))(
    "%s stands out as a line or icon on %s", (front, back) => expect(ratio(front, back)).toBeGreaterThanOrEqual(3));
  it.each(["accent", "accent-hover"])("words on %s are readable", (back) => expect(ratio("on-accent", back)).toBeGreaterThanOrEqual(4.5));
});

describe("one place for colours", () => {
  const folder = new URL("../src/styles/viewer/", import.meta.url);
  it.each(readdirSync(folder))("the viewer's %s names none itself", (name) => {
    const own = readFileSync(new URL(name, folder), "utf8");
    expect(own.length).toBeGreaterThan(500);
    expect(own.match(/#[0-9a-f]{3,8}\b|rgba?\(/gi)).toBeNull();
  });
});
