import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { blocks, completed, tokensOf, withTokens } from "../tooling/tokens";
import { noticeColours } from "../tooling/public";

const file = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const tokens = file("src/styles/tokens.css");
const COLOUR = /#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/gi;

describe("one place for colours", () => {
  it("both themes name the same tokens", () => {
    expect([...tokensOf(tokens, "light").keys()]).toEqual([...tokensOf(tokens, "dark").keys()]);
  });

  it("the reader's own theme gets the whole dark block", () => {
    const auto = completed(tokens).split("prefers-color-scheme: dark")[1]!;
    for (const [name, value] of tokensOf(tokens, "dark")) expect(auto).toContain(`--dw-${name}: ${value};`);
    expect(completed(tokens)).not.toContain("@dark");
  });

  const sheets = ["src/styles/notice.css", ...["pages", "viewer"].flatMap((folder) =>
    readdirSync(new URL(`../src/styles/${folder}`, import.meta.url)).map((name) => `src/styles/${folder}/${name}`))];
  it.each([...sheets, "src/public/relay.ts", "src/public/notice.ts", "src/public/embed.ts", "src/public/app.ts"])("%s names none itself", (path) => {
    const text = file(path);
    expect(text.length).toBeGreaterThan(300);
    expect(text.match(COLOUR)).toBeNull();
  });

  it("a sheet gets the tokens it asks for, and a name that is none ends the build", () => {
    const sheet = withTokens("@tokens page text;\nbody { color: var(--dw-text); }", tokens);
    expect(sheet).toContain(`--dw-text: ${tokensOf(tokens, "dark").get("text")};`);
    expect(() => withTokens("@tokens no-such;", tokens)).toThrow("names no no-such");
  });

  it("the notice over Grafana's page has the tokens' colours", () => {
    expect(noticeColours()["dark"]).toEqual({ page: "#111217", text: "#e6e6ee", "text-secondary": "#a3a6b1" });
  });

  it("nginx's notice holds them as the build writes them", () => {
    // nginx's template lies in git and is read without a build: run `npm run tokens` when this fails.
    expect(file("../config/nginx/notice.html.j2")).toContain(blocks(tokens, ["page", "text", "text-secondary"]));
  });
});
