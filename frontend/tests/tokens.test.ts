import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noticeColours, noticeStyle } from "../tooling/public";
import { completed, tokensOf, withTokens, withValues } from "../tooling/tokens";

const ROOT = join(import.meta.dirname, "../..");
const file = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const tokens = file("frontend/src/styles/tokens.css");
const COLOUR = /#[0-9a-f]{3,8}\b|%23[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(|\b(?:white|black)\b/gi;
const filesBelow = (folder: string, wanted: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((name) => wanted.test(name)).map((name) => `${folder}/${name}`);

describe("one place for colours", () => {
  it("both themes name the same tokens", () => {
    expect([...tokensOf(tokens, "light").keys()]).toEqual([...tokensOf(tokens, "dark").keys()]);
  });

  it("the reader's own theme gets the whole dark block", () => {
    const auto = completed(tokens).split("prefers-color-scheme: dark")[1]!;
    for (const [name, value] of tokensOf(tokens, "dark")) expect(auto).toContain(`--dw-${name}: ${value};`);
    expect(completed(tokens)).not.toContain("@dark");
  });

  const places = [
    ...filesBelow("frontend/src/styles", /\.css$/).filter((path) => !path.endsWith("/tokens.css")),
    ...filesBelow("frontend/src/public", /\.(?:ts|svg)$/),
    ...filesBelow("frontend/src/pages", /\.ts$/),
    ...filesBelow("frontend/src/lib", /\.ts$/),
    ...filesBelow("backend_server/web/templates", /\.html$/),
    "backend_server/demo/page.html",
  ];
  it.each(places)("%s names none itself", (path) => {
    const text = file(path).replace(/&#\d+;|white-space/g, "");
    expect(text.length).toBeGreaterThan(100);
    expect(text.match(COLOUR)).toBeNull();
  });
  it("looks everywhere, and sees one that is named", () => {
    expect(places.length).toBeGreaterThan(40);
    expect("stroke='white' fill='%233b5bdb' color: #fff; rgba(0,0,0,.5)".match(COLOUR)).toHaveLength(4);
  });
});

describe("cutting tokens out", () => {
  it("a sheet gets the tokens it uses and no others, for each theme", () => {
    const sheet = withTokens("body { color: var(--dw-text); height: var(--dw-control); }", tokens);
    for (const theme of ["light", "dark"] as const) expect(sheet).toContain(`--dw-text: ${tokensOf(tokens, theme).get("text")}`);
    expect(sheet).toMatch(/pointer: coarse[^}]*--dw-control: 40px/);
    expect(sheet).not.toMatch(/--dw-accent|prefers-reduced-motion|\/\*/);
  });
  it("a name that is none ends the build", () => {
    expect(() => withTokens("body { color: var(--dw-no-such); }", tokens)).toThrow("names no --dw-no-such");
    expect(() => withValues("var(--dw-no-such)", tokens, "light")).toThrow("names no --dw-no-such");
  });
  it("a picture gets their values", () => {
    expect(withValues('fill="var(--dw-accent)"', tokens, "light")).toBe('fill="#3b5bdb"');
  });
  it("the notice over Grafana's page has the tokens' colours", () => {
    expect(noticeColours()["dark"]).toEqual({ page: "#111217", text: "#e6e6ee", "text-secondary": "#a3a6b1" });
  });
  it("nginx's notice has the style of ours, as the build writes it", async () => {
    // nginx's template lies in git and is read without a build: run `npm run tokens` when this fails.
    const style = await noticeStyle();
    expect(file("config/nginx/notice.html.j2")).toContain(`<style>\n${style}\n</style>`);
    // Neither nginx's quotes and variables nor the template's own signs may stand in it.
    expect(style).not.toMatch(/['$]|\{[{%#]/);
  });
});
