/** Builds every page's island: one entry per folder `src/<name>/main.ts`, hashed files and a manifest for the server. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const entries = Object.fromEntries(
  readdirSync(here("src"), { withFileTypes: true })
    .filter((folder) => folder.isDirectory() && existsSync(here(`src/${folder.name}/main.ts`)))
    .map((folder) => [folder.name, here(`src/${folder.name}/main.ts`)]),
);

export default defineConfig({
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
