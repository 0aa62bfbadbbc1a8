/** Builds every page's island: one entry per folder `src/<name>/main.ts`, hashed files and a manifest for the server. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Plugin, defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const entries = Object.fromEntries(
  readdirSync(here("src"), { withFileTypes: true })
    .filter((folder) => folder.isDirectory() && existsSync(here(`src/${folder.name}/main.ts`)))
    .map((folder) => [folder.name, here(`src/${folder.name}/main.ts`)]),
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

export default defineConfig({
  plugins: [packed()],
  // The server decides below which prefix the files lie, so chunks find each other relatively.
  base: "./",
  build: {
    outDir: here("../static/dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: entries },
  },
});
