/** Writes the notice's style into nginx's template of it, which lies in git and is read without a build: `npm run tokens`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { noticeStyle } from "./public";

const template = fileURLToPath(new URL("../../config/nginx/notice.html.j2", import.meta.url));
const style = await noticeStyle();
writeFileSync(template, readFileSync(template, "utf8").replace(/<style>[^]*<\/style>/, () => `<style>\n${style}\n</style>`));
