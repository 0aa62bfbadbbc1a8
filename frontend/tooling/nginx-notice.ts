/** Writes the tokens into nginx's notice, which lies in git: `npm run tokens`. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { blocks } from "./tokens";

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const notice = here("config/nginx/notice.html.j2");
const tokens = readFileSync(here("frontend/src/styles/tokens.css"), "utf8");
const written = blocks(tokens, ["page", "text", "text-secondary"]);
writeFileSync(notice, readFileSync(notice, "utf8").replace(/:root \{[^]*?(?=html, body \{)/, () => `${written}\n`));
