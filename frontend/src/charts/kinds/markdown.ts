/** A safe subset of Markdown, read into a tree: headings, lists, tables, quotes, code, emphasis, links, images. */
import { safeImage } from "../allowed";
import { type Tree, h } from "../tree";
import { type ParseHtml, imageOf, linkTo, safeHtml } from "./safe-html";

/** Every span is bounded, so that text made to be slow is not: what is longer stays as it is written. */
const INLINE = new RegExp(
  [
    /(?<!`)(`{1,8})(?!`)([\s\S]{0,2000}?[^`])\1(?!`)/,
    /!\[([^\]]{0,500})\]\(\s{0,9}<?([^\s)>]{1,4000})>?(?:\s{1,9}"[^"]{0,500}")?\s{0,9}\)/,
    /\[((?:[^[\]]|\[[^\]]{0,500}\]){0,500})\]\(\s{0,9}<?([^\s)>]{1,4000})>?(?:\s{1,9}"([^"]{0,500})")?\s{0,9}\)/,
    /(?<strong>\*\*|__)(?=\S)([\s\S]{0,1000}?\S)\k<strong>/,
    /(?<!\w)(?<em>\*|_)(?=\S)([\s\S]{0,1000}?\S)\k<em>(?!\w)/,
    /~~(?=\S)([\s\S]{0,1000}?\S)~~/,
    /<(https?:\/\/[^\s>]{1,2000})>/,
    /(https?:\/\/[^\s<>"')\]]{1,2000})/,
    /\\([\\`*_{}[\]()#+\-.!|>~])/,
    /( {2,9}|\\)\n/,
  ].map(({ source }) => source).join("|"),
);

/** Quotes within quotes are drawn this deep; deeper ones read as text. */
const MOST_QUOTES = 8;

function inline(text: string): Tree[] {
  const made: Tree[] = [];
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) return [...made, rest];
    if (found.index > 0) made.push(rest.slice(0, found.index));
    made.push(inlineTree(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return made;
}

function link(address: string, text: string, title?: string): Tree {
  return h("a", { title: title || null, ...linkTo(address) }, ...(text === address ? [text] : inline(text)));
}

function image(address: string, alt: string): Tree {
  const safe = safeImage(address);
  return safe ? imageOf(safe, { alt }) : alt;
}

function inlineTree(found: RegExpExecArray): Tree {
  const [all, , code, alt, picture, label, address, title, , strong, , em, del, angled, bare, escaped] = found;
  if (code !== undefined) return h("code", {}, code.trim());
  if (picture !== undefined) return image(picture, alt ?? "");
  if (address !== undefined) return link(address, label ?? address, title);
  if (strong !== undefined) return h("strong", {}, ...inline(strong));
  if (em !== undefined) return h("em", {}, ...inline(em));
  if (del !== undefined) return h("del", {}, ...inline(del));
  if (angled !== undefined) return link(angled, angled);
  if (bare !== undefined) return link(bare, bare);
  if (escaped !== undefined) return escaped;
  return all.endsWith("\n") ? h("br") : all;
}

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const FENCE = /^ {0,3}(```+|~~~+)\s*\S*\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

const cellsOf = (line: string): string[] => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function tableOf(lines: readonly string[]): Tree {
  const row = (line: string, tag: "th" | "td"): Tree => h("tr", {}, ...cellsOf(line).map((cell) => h(tag, {}, ...inline(cell))));
  return h("table", {}, h("thead", {}, row(lines[0]!, "th")), h("tbody", {}, ...lines.slice(2).map((line) => row(line, "td"))));
}

/** An item's own words, with its box where it is a task. */
function itemText(text: string): Tree[] {
  const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
  return inline(task ? `${task[1] === " " ? "☐" : "☑"} ${task[2]}` : text);
}

function listOf(lines: readonly string[]): Tree {
  const first = ITEM.exec(lines[0]!)!;
  const indent = first[1]!.length;
  const items: Tree[] = [];
  let at = 0;
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]!);
    const inner: string[] = [];
    at += 1;
    while (at < lines.length) {
      const next = ITEM.exec(lines[at]!);
      if (next && next[1]!.length <= indent) break;
      inner.push(lines[at]!);
      at += 1;
    }
    const nested = inner.findIndex((line) => ITEM.test(line));
    const own = nested < 0 ? inner : inner.slice(0, nested);
    const words = own.some((line) => line.trim()) ? inline(` ${own.map((line) => line.trim()).join(" ")}`) : [];
    items.push(h("li", {}, ...itemText(item ? item[3]! : ""), ...words, nested < 0 ? null : listOf(inner.slice(nested))));
  }
  return /\d/.test(first[2]!) ? h("ol", { start: parseInt(first[2]!, 10) }, ...items) : h("ul", {}, ...items);
}

function startsBlock(line: string): boolean {
  return HEADING.test(line) || RULE.test(line) || FENCE.test(line) || ITEM.test(line) || /^ {0,3}>/.test(line) || /^\s*<\/?[a-z!]/i.test(line);
}

/** Markdown as trees; HTML blocks within go through the same allow list as HTML panels. */
export function markdown(text: string, parseHtml: ParseHtml, depth = 0): Tree[] {
  const made: Tree[] = [];
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let at = 0;
  const takeWhile = (keep: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (at < lines.length && keep(lines[at]!)) taken.push(lines[at++]!);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const heading = HEADING.exec(line);
    const fence = FENCE.exec(line);
    if (!line.trim()) at += 1;
    else if (heading) {
      made.push(h(`h${heading[1]!.length}`, {}, ...inline(heading[2]!)));
      at += 1;
    } else if (RULE.test(line)) {
      made.push(h("hr"));
      at += 1;
    } else if (fence) {
      at += 1;
      const code = takeWhile((each) => !each.trim().startsWith(fence[1]!));
      at += 1;
      made.push(h("pre", {}, h("code", {}, code.join("\n"))));
    } else if (/^ {0,3}>/.test(line) && depth < MOST_QUOTES) {
      const quoted = takeWhile((each) => /^ {0,3}>/.test(each)).map((each) => each.replace(/^ {0,3}> ?/, ""));
      made.push(h("blockquote", {}, ...markdown(quoted.join("\n"), parseHtml, depth + 1)));
    } else if (ITEM.test(line)) {
      made.push(listOf(takeWhile((each) => ITEM.test(each) || (/^\s{2,}\S/.test(each) && each.trim() !== ""))));
    } else if (/^\s*<\/?[a-z!]/i.test(line) && !/^\s*<https?:/i.test(line)) {
      made.push(...safeHtml(takeWhile((each) => each.trim() !== "").join("\n"), parseHtml));
    } else if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) {
      made.push(tableOf(takeWhile((each) => each.includes("|"))));
    } else {
      const words = takeWhile((each) => each.trim() !== "" && !(startsBlock(each) && each !== line));
      made.push(h("p", {}, ...inline(words.join("\n"))));
    }
  }
  return made;
}
