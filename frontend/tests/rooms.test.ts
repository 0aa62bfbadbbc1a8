/** Who may import whom, and who may touch the page: pages → charts (kinds → frames → display) → lib; plain scripts → lib. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")).sort();
const text = (name: string): string => readFileSync(join(SOURCE, name), "utf8");

/** Rooms, the lower ones first; a file may import from its own and from lower ones. */
const ROOMS = ["words/", "lib/", "charts/display/", "charts/frames/", "charts/kinds/", "charts/timeseries/", "pages/", "public/"];
/** Trees, their mount and the browser's means lie below every kind of chart; `parts` names all charts for the page. */
const ANYWHERE = new Set(["charts/allowed", "charts/browser", "charts/markup", "charts/mount", "charts/tree"]);
const APART = new Set(["charts/kinds/parts.ts"]);
const roomOf = (name: string): number => ROOMS.findIndex((room) => name.startsWith(room));

function importsOf(name: string): string[] {
  const found = [...text(name).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path]) => relative(SOURCE, join(SOURCE, dirname(name), path!)));
  return found.filter((path) => !path.endsWith(".css") && !path.endsWith(".json"));
}

describe("imports go one way", () => {
  it.each(files.filter((name) => roomOf(name) >= 0 && !APART.has(name)))("%s", (name) => {
    const wrong = importsOf(name).filter((path) => !ANYWHERE.has(path) && (roomOf(path) < 0 || roomOf(path) > roomOf(name)));
    expect(wrong).toEqual([]);
  });
  it("plain scripts stand alone: nobody imports them, and they know words and lib only", () => {
    const wrong = files.flatMap((name) => importsOf(name).filter((path) => (
      name.startsWith("public/") ? !/^(?:public|lib)\//.test(path) : path.startsWith("public/")
    )).map((path) => `${name} → ${path}`));
    expect(wrong).toEqual([]);
  });
  it("pages do not import each other", () => {
    const pageOf = (path: string): string => path.split("/")[1]!;
    const wrong = files.filter((name) => name.startsWith("pages/")).flatMap((name) =>
      importsOf(name).filter((path) => path.startsWith("pages/") && pageOf(path) !== pageOf(name)).map((path) => `${name} → ${path}`));
    expect(wrong).toEqual([]);
  });
});

describe("charts are pure", () => {
  const EFFECTS = new Set(["charts/browser.ts", "charts/mount.ts", "charts/timeseries/view.ts"]);
  const FORBIDDEN = /\b(?:document|window|navigator|location|matchMedia|getComputedStyle|devicePixelRatio|innerWidth|innerHeight|localStorage|fetch|setTimeout|requestAnimationFrame)\b(?=[.(])|\bDate\.now\b|new Date\(\)|Math\.random/;
  const bare = (source: string): string => source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  it.each(files.filter((name) => name.startsWith("charts/") && !EFFECTS.has(name)))("%s asks neither page nor clock", (name) => {
    expect(FORBIDDEN.exec(bare(text(name)))?.[0]).toBeUndefined();
  });
  it.each(files)("%s never writes markup into the page", (name) => {
    expect(bare(text(name))).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|\beval\(|new Function\(/);
  });
});
