/** Builds every page's script: one entry per folder `src/pages/<page>/main.ts`, hashed files and a manifest for the server. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Plugin, defineConfig } from "vite";
import { completeTokens, publicFiles } from "./tooling/public";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const dist = here("../backend_server/web/static/dist");

const entries = Object.fromEntries(
  readdirSync(here("src/pages"), { withFileTypes: true })
    .filter((folder) => folder.isDirectory() && existsSync(here(`src/pages/${folder.name}/main.ts`)))
    .map((folder) => [folder.name, here(`src/pages/${folder.name}/main.ts`)]),
);

/** Packs each file once here, so that the server never packs it per visitor. */
function packed(): Plugin {
  return {
    name: "packed",
    apply: "build",
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle)) {
        if (/\.(?:js|css)$/.test(name)) writeFileSync(`${dir}/${name}.gz`, gzipSync(readFileSync(`${dir}/${name}`), { level: 9 }));
      }
    },
  };
}

/**
 * uPlot makes a number formatter as soon as it is read, which costs a fresh page 8 ms; ours words every number itself,
 * so it is made when somebody asks for it. A newer uPlot that looks otherwise ends the build here.
 */
function lateFormatter(): Plugin {
  const early = "const numFormatter = new Intl.NumberFormat(domEnv ? nav.language : 'en-US');\nconst fmtNum = val => numFormatter.format(val);";
  const late = "let numFormatter;\nconst fmtNum = val => (numFormatter ??= new Intl.NumberFormat(domEnv ? nav.language : 'en-US')).format(val);";
  return {
    name: "late-formatter",
    transform(code, id) {
      if (!id.endsWith("/uPlot.esm.js")) return null;
      if (!code.includes(early)) throw new Error("uPlot makes its number formatter in another way: mend lateFormatter in vite.config.ts");
      return { code: code.replace(early, late), map: null };
    },
  };
}

export default defineConfig({
  plugins: [lateFormatter(), completeTokens(), packed(), publicFiles(dist)],
  // The server decides below which prefix the files lie, so chunks find each other relatively.
  base: "./",
  build: {
    outDir: dist,
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: entries },
  },
});
