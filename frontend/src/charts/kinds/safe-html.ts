/**
 * HTML from a document, cut down to what cannot act: parsed in an inert document and read into a tree by an allow list,
 * so nothing is ever serialised and parsed a second time.
 */
import { type AttributeName, safeImage, safeLink } from "../allowed";
import type { Browser } from "../browser";
import { type Given, type Tree, h } from "../tree";

export type ParseHtml = Browser["parseHtml"];

const TAGS = new Set(
  ("a abbr b blockquote br caption center cite code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var").split(" "),
);

/** Elements whose content is dropped with them; of others not allowed the content stays. */
const DROPPED = new Set(
  "script style template noscript noembed noframes iframe frame frameset object embed applet svg math head title textarea select option button input form link meta base audio video source track canvas dialog portal plaintext xmp".split(" "),
);

const ATTRIBUTES = new Set<string>(["alt", "title", "colspan", "rowspan", "align", "width", "height", "open", "start", "datetime"]);

const STYLES = new Set(
  ("color background-color text-align text-decoration font-size font-weight font-style font-variant line-height letter-spacing white-space vertical-align width height max-width max-height min-width min-height margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left border border-top border-right border-bottom border-left border-radius border-collapse border-spacing display flex flex-direction flex-wrap justify-content align-items gap opacity list-style-type").split(" "),
);

const XHTML = "http://www.w3.org/1999/xhtml";
const [ELEMENT, TEXT] = [1, 3];

function styleOf(text: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const rule of text.split(";")) {
    const colon = rule.indexOf(":");
    const name = rule.slice(0, colon).trim().toLowerCase();
    const value = rule.slice(colon + 1).trim();
    if (colon < 1 || !STYLES.has(name) || /[\\(]|@import|expression/i.test(value.replace(/\b(?:rgba?|hsla?)\([\d.,%\s/]*\)/gi, ""))) continue;
    kept[name] = value;
  }
  return kept;
}

/** Attributes of a link: it leaves the frame and tells nobody where from. */
export function linkTo(address: string): Given {
  const href = safeLink(address);
  if (href === null) return {};
  return { href, rel: "noopener noreferrer nofollow", target: href.startsWith("#") ? null : "_blank" };
}

/** An image by an address that `safeImage` has passed. */
export function imageOf(src: string, given: Given): Tree {
  return h("img", { ...given, src, loading: "lazy", referrerpolicy: "no-referrer" });
}

function elementOf(original: Element): Tree[] {
  const tag = original.localName.toLowerCase();
  if (DROPPED.has(tag)) return [];
  if (!TAGS.has(tag) || original.namespaceURI !== XHTML) return copied(original);
  const attributes: Partial<Record<AttributeName, string>> = {};
  for (const { name, value } of original.attributes) if (ATTRIBUTES.has(name)) attributes[name as AttributeName] = value;
  const given: Given = { ...attributes, style: styleOf(original.getAttribute("style") ?? "") };
  if (tag === "img") {
    const address = safeImage(original.getAttribute("src") ?? "");
    return address ? [imageOf(address, given)] : [];
  }
  return [h(tag, tag === "a" ? { ...given, ...linkTo(original.getAttribute("href") ?? "") } : given, ...copied(original))];
}

function copied(source: Node): Tree[] {
  return [...source.childNodes].flatMap((child): Tree[] => {
    if (child.nodeType === TEXT) return [child.textContent ?? ""];
    return child.nodeType === ELEMENT ? elementOf(child as Element) : [];
  });
}

/** The harmless part of some HTML. */
export function safeHtml(html: string, parseHtml: ParseHtml): Tree[] {
  return copied(parseHtml(html));
}
