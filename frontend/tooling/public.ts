/** Builds what has a fixed name: plain scripts that run at once, and style sheets that pages load or hold themselves. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Plugin, build, transformWithEsbuild } from "vite";
import { completed, tokensOf, withTokens } from "./tokens";

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path: string): string => readFileSync(here(path), "utf8");
const NOTICE_TOKENS = ["page", "text", "text-secondary"];

/** Writes the dark tokens into tokens.css wherever a page's own styles import it. */
export function completeTokens(): Plugin {
  return {
    name: "complete-tokens",
    enforce: "pre",
    transform: (code, id) => (id.split("?")[0]!.endsWith("/styles/tokens.css") ? { code: completed(code), map: null } : null),
  };
}

/** Builds `src/public/*.ts` and the plain style sheets into the folder `public` beside the hashed files. */
export function publicFiles(dist: string): Plugin {
  return {
    name: "public-files",
    apply: "build",
    async closeBundle() {
      const out = `${dist}/public`;
      mkdirSync(out, { recursive: true });
      for (const file of readdirSync(here("src/public")).filter((name) => name.endsWith(".ts") && name !== "host.ts")) await script(file, out);
      const tokens = completed(read("src/styles/tokens.css"));
      await style("app.css", tokens + read("src/styles/pages/app.css"), out);
      for (const name of ["links.css", "settings.css"]) await style(name, read(`src/styles/pages/${name}`), out);
      await style("notice.css", withTokens(read("src/styles/notice.css"), read("src/styles/tokens.css")), out);
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
  const tokens = read("src/styles/tokens.css");
  const of = (theme: "light" | "dark"): Record<string, string> => Object.fromEntries(NOTICE_TOKENS.map((name) => [name, tokensOf(tokens, theme).get(name)!]));
  return { light: of("light"), dark: of("dark") };
}

async function style(name: string, sheet: string, out: string): Promise<void> {
  const { code } = await transformWithEsbuild(sheet, name, { loader: "css", minify: true, target: "es2022" });
  writeFileSync(`${out}/${name}`, code);
}
