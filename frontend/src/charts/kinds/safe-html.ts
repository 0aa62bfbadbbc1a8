/**
 * HTML from a document, cut down to what cannot act: parsed in an inert document and built anew from an allow list,
 * so nothing is ever serialised and parsed a second time.
 */

const TAGS = new Set(
  ("a abbr b blockquote br caption center cite code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var").split(" "),
);

/** Elements whose content is dropped with them; of others not allowed the content stays. */
const DROPPED = new Set(
  "script style template noscript noembed noframes iframe frame frameset object embed applet svg math head title textarea select option button input form link meta base audio video source track canvas dialog portal plaintext xmp".split(" "),
);

const ATTRIBUTES = new Set(["alt", "title", "colspan", "rowspan", "align", "width", "height", "open", "start", "datetime"]);

const STYLES = new Set(
  ("color background-color text-align text-decoration font-size font-weight font-style font-variant line-height letter-spacing white-space vertical-align width height max-width max-height min-width min-height margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right padding-bottom padding-left border border-top border-right border-bottom border-left border-radius border-collapse border-spacing display flex flex-direction flex-wrap justify-content align-items gap opacity list-style-type").split(" "),
);

/** An address a reader may follow: http(s), mail, or within this page's site; null for everything else. */
export function safeLink(address: string): string | null {
  const bare = address.replace(/[\u0000-\u0020\u007f-\u009f]/g, "");
  if (/^(?:https?:|mailto:|#|\/(?![/\\])|\?)/i.test(bare)) return bare;
  return /^[^:]*$/.test(bare) && !/^[/\\]{2}/.test(bare) ? bare : null;
}

/** An image's address: http(s) or an inline bitmap. */
export function safeImage(address: string): string | null {
  const bare = address.replace(/[\u0000-\u0020\u007f-\u009f]/g, "");
  if (/^data:image\/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/=]*$/i.test(bare)) return bare;
  return /^(?:https?:|\/(?![/\\]))/i.test(bare) ? bare : null;
}

function copyStyle(from: string, to: HTMLElement): void {
  for (const rule of from.split(";")) {
    const colon = rule.indexOf(":");
    const name = rule.slice(0, colon).trim().toLowerCase();
    const value = rule.slice(colon + 1).trim();
    if (colon < 1 || !STYLES.has(name) || /[\\(]|@import|expression/i.test(value.replace(/\b(?:rgba?|hsla?)\([\d.,%\s/]*\)/gi, ""))) continue;
    to.style.setProperty(name, value);
  }
}

function copy(source: Node, into: Node): void {
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      into.appendChild(document.createTextNode(child.textContent ?? ""));
      continue;
    }
    if (child.nodeType !== Node.ELEMENT_NODE) continue;
    const original = child as Element;
    const tag = original.localName.toLowerCase();
    if (DROPPED.has(tag)) continue;
    if (!TAGS.has(tag) || original.namespaceURI !== "http://www.w3.org/1999/xhtml") {
      copy(original, into);
      continue;
    }
    const made = document.createElement(tag);
    for (const { name, value } of [...original.attributes]) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
    copyStyle(original.getAttribute("style") ?? "", made);
    if (tag === "a") linkTo(made, original.getAttribute("href") ?? "");
    if (tag === "img") {
      const address = safeImage(original.getAttribute("src") ?? "");
      if (!address) continue;
      showImage(made, address);
    }
    copy(original, made);
    into.appendChild(made);
  }
}

/** Links leave the frame and tell nobody where from. */
export function linkTo(anchor: HTMLElement, address: string): void {
  const safe = safeLink(address);
  if (safe === null) return;
  anchor.setAttribute("href", safe);
  anchor.setAttribute("rel", "noopener noreferrer nofollow");
  if (!safe.startsWith("#")) anchor.setAttribute("target", "_blank");
}

export function showImage(image: HTMLElement, address: string): void {
  image.setAttribute("src", address);
  image.setAttribute("loading", "lazy");
  image.setAttribute("referrerpolicy", "no-referrer");
}

/** The harmless part of some HTML as a fragment. */
export function safeHtml(html: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(html, "text/html").body, fragment);
  return fragment;
}
