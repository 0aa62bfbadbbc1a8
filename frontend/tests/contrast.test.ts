import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contrast } from "../src/charts/display/colors";
import { tokensOf } from "../tooling/tokens";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");

const SURFACES = ["page", "surface", "raised"];

describe.each(["light", "dark"] as const)("%s theme", (theme) => {
  const of = Object.fromEntries(tokensOf(css, theme));
  const ratio = (front: string, back: string): number => contrast(of[front]!, of[back]!, of["page"]!);
  it.each(["text", "text-secondary", "accent", "accent-hover", "axis-text", "info"].flatMap((front) => SURFACES.map((back) => [front, back] as const)))(
    "%s is readable on %s", (front, back) => expect(ratio(front, back)).toBeGreaterThanOrEqual(4.5));
  it.each(["surface", "raised"])("a warning's words are readable on %s", (back) => expect(ratio("warning", back)).toBeGreaterThanOrEqual(4.5));
  it.each(["good", "bad", "warning", "info", "accent", "field-line"].flatMap((front) => SURFACES.map((back) => [front, back] as const)))(
    "%s stands out as a line or icon on %s", (front, back) => expect(ratio(front, back)).toBeGreaterThanOrEqual(3));
  it.each(["accent", "accent-hover"])("words on %s are readable", (back) => expect(ratio("on-accent", back)).toBeGreaterThanOrEqual(4.5));
});
