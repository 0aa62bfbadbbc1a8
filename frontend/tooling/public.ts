/** Builds what has a fixed name: plain scripts that run at once, and style sheets that pages load or hold themselves. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Plugin, build, transformWithEsbuild } from "vite";
import { completed, tokensOf, withTokens, withValues } from "./tokens";

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(here(path), "utf8");
const readTokens = (): string => read("src/styles/tokens.css");

/** Writes the dark tokens into tokens.css wherever a page's own styles import it. */
export function completeTokens(): Plugin {
  return {
    name: "complete-tokens",
    enforce: "pre",
    transform: (code, id) => (id.split("?")[0]!.endsWith("/styles/tokens.css") ? { code: completed(code), map: null } : null),
  };
}

/** Builds `src/public`, the style sheets of our own pages and the notice's into the folder `public` beside the hashed files. */
export function publicFiles(dist: string): Plugin {
  return {
    name: "public-files",
    apply: "build",
    async closeBundle() {
      const out = `${dist}/public`;
      mkdirSync(out, { recursive: true });
      for (const file of readdirSync(here("src/public")).filter((name) => name.endsWith(".ts"))) await script(file, out);
      const sheets = {
        "tokens.css": completed(readTokens()),
        "app.css": completed(readTokens()) + read("src/styles/pages/app.css"),
        "links.css": read("src/styles/pages/links.css"),
        "settings.css": read("src/styles/pages/settings.css"),
      };
      for (const [name, sheet] of Object.entries(sheets)) writeFileSync(`${out}/${name}`, await small(sheet));
      writeFileSync(`${out}/notice.css`, await noticeStyle());
      writeFileSync(`${out}/icon.svg`, withValues(read("src/public/icon.svg"), readTokens(), "light"));
    },
  };
}

async function script(file: string, out: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "warn",
    define: { __NOTICE__: JSON.stringify(noticeColours()) },
    build: {
      outDir: out,
      emptyOutDir: false,
      target: "es2022",
      lib: { entry: here(`src/public/${file}`), formats: ["iife"], name: "dashwrightScript", fileName: () => file.replace(/\.ts$/, ".js") },
    },
  });
}

/** The colours of the notice over Grafana's page, which loads no style sheet of ours. */
export function noticeColours(): Record<string, Record<string, string>> {
  const of = (theme: "light" | "dark"): Record<string, string> => {
    const known = tokensOf(readTokens(), theme);
    return Object.fromEntries(["page", "text", "text-secondary"].map((name) => [name, known.get(name)!]));
  };
  return { light: of("light"), dark: of("dark") };
}

/** The style of the small page that stands for a dashboard: ours, and the one nginx shows while nobody else answers. */
export async function noticeStyle(): Promise<string> {
  return small(withTokens(read("src/styles/notice.css"), readTokens()));
}

async function small(sheet: string): Promise<string> {
  const { code } = await transformWithEsbuild(sheet, "sheet.css", { loader: "css", minify: true, target: "es2022" });
  return code.trim();
}
