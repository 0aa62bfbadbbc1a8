/** A safe subset of Markdown, built as elements: headings, lists, tables, quotes, code, emphasis, links, images. */
import { linkTo, safeHtml, safeImage, showImage } from "./safe-html";
import { element } from "./view";

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

function inline(text: string, into: Node): void {
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) {
      into.appendChild(document.createTextNode(rest));
      return;
    }
    if (found.index > 0) into.appendChild(document.createTextNode(rest.slice(0, found.index)));
    into.appendChild(inlineNode(found));
    rest = rest.slice(found.index + found[0].length);
  }
}

function wrapped(tag: "strong" | "em" | "del", text: string): HTMLElement {
  const made = element(tag);
  inline(text, made);
  return made;
}

function link(address: string, text: string, title?: string): HTMLElement {
  const made = element("a", title ? { title } : {});
  linkTo(made, address);
  if (text === address) made.append(text);
  else inline(text, made);
  return made;
}

function inlineNode(found: RegExpExecArray): Node {
  const [all, , code, alt, image, label, address, title, , strong, , em, del, angled, bare, escaped] = found;
  if (code !== undefined) return element("code", {}, code.trim());
  if (image !== undefined) {
    const safe = safeImage(image);
    if (!safe) return document.createTextNode(alt ?? "");
    const made = element("img", { alt: alt ?? "" });
    showImage(made, safe);
    return made;
  }
  if (address !== undefined) return link(address, label ?? address, title);
  if (strong !== undefined) return wrapped("strong", strong);
  if (em !== undefined) return wrapped("em", em);
  if (del !== undefined) return wrapped("del", del);
  if (angled !== undefined) return link(angled, angled);
  if (bare !== undefined) return link(bare, bare);
  if (escaped !== undefined) return document.createTextNode(escaped);
  return all.endsWith("\n") ? element("br") : document.createTextNode(all);
}

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const FENCE = /^ {0,3}(```+|~~~+)\s*\S*\s*$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

const cellsOf = (line: string): string[] => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

function tableOf(lines: readonly string[]): HTMLElement {
  const row = (line: string, tag: "th" | "td"): HTMLElement => {
    const made = element("tr");
    for (const cell of cellsOf(line)) {
      const box = element(tag);
      inline(cell, box);
      made.append(box);
    }
    return made;
  };
  return element("table", {}, element("thead", {}, row(lines[0]!, "th")),
    element("tbody", {}, ...lines.slice(2).map((line) => row(line, "td"))));
}

function listOf(lines: readonly string[]): HTMLElement {
  const first = ITEM.exec(lines[0]!)!;
  const indent = first[1]!.length;
  const list = /\d/.test(first[2]!) ? element("ol", { start: String(parseInt(first[2]!, 10)) }) : element("ul");
  let at = 0;
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]!);
    const box = element("li");
    const inner: string[] = [];
    at += 1;
    while (at < lines.length) {
      const next = ITEM.exec(lines[at]!);
      if (next && next[1]!.length <= indent) break;
      inner.push(lines[at]!);
      at += 1;
    }
    const text = item ? item[3]! : "";
    const task = /^\[([ xX])\]\s+(.*)$/.exec(text);
    inline(task ? `${task[1] === " " ? "☐" : "☑"} ${task[2]}` : text, box);
    const nested = inner.findIndex((line) => ITEM.test(line));
    const own = nested < 0 ? inner : inner.slice(0, nested);
    if (own.some((line) => line.trim())) inline(` ${own.map((line) => line.trim()).join(" ")}`, box);
    if (nested >= 0) box.append(listOf(inner.slice(nested)));
    list.append(box);
  }
  return list;
}

function startsBlock(line: string): boolean {
  return HEADING.test(line) || RULE.test(line) || FENCE.test(line) || ITEM.test(line) || /^ {0,3}>/.test(line) || /^\s*<\/?[a-z!]/i.test(line);
}

/** Markdown as a fragment; HTML blocks within go through the same allow list as HTML panels. */
export function markdown(text: string, depth = 0): DocumentFragment {
  const made = document.createDocumentFragment();
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
      const box = document.createElement(`h${heading[1]!.length}`);
      inline(heading[2]!, box);
      made.append(box);
      at += 1;
    } else if (RULE.test(line)) {
      made.append(element("hr"));
      at += 1;
    } else if (fence) {
      at += 1;
      const code = takeWhile((each) => !each.trim().startsWith(fence[1]!));
      at += 1;
      made.append(element("pre", {}, element("code", {}, code.join("\n"))));
    } else if (/^ {0,3}>/.test(line) && depth < MOST_QUOTES) {
      const quoted = takeWhile((each) => /^ {0,3}>/.test(each)).map((each) => each.replace(/^ {0,3}> ?/, ""));
      const box = element("blockquote");
      box.append(markdown(quoted.join("\n"), depth + 1));
      made.append(box);
    } else if (ITEM.test(line)) {
      made.append(listOf(takeWhile((each) => ITEM.test(each) || (/^\s{2,}\S/.test(each) && each.trim() !== ""))));
    } else if (/^\s*<\/?[a-z!]/i.test(line) && !/^\s*<https?:/i.test(line)) {
      made.append(safeHtml(takeWhile((each) => each.trim() !== "").join("\n")));
    } else if (line.includes("|") && TABLE_RULE.test(lines[at + 1] ?? "")) {
      made.append(tableOf(takeWhile((each) => each.includes("|"))));
    } else {
      const words = takeWhile((each) => each.trim() !== "" && !(startsBlock(each) && each !== line));
      const box = element("p");
      inline(words.join("\n"), box);
      made.append(box);
    }
  }
  return made;
}
