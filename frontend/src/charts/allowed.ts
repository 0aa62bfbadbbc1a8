/**
 * What a tree may put into a page, decided in one place: nothing that acts, and no address with a scheme of its own.
 * Whatever a document or a datasource says, only what passes here leaves a tree.
 */

const HTML_TAGS = new Set(
  (
    "a abbr b blockquote br button caption center cite code col colgroup dd del details div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img " +
    "ins kbd li mark ol option p pre q s samp section select small span strong sub summary sup table tbody td tfoot th thead time tr u ul var"
  ).split(" "),
);

const SVG_TAGS = new Set("circle defs g line path polyline rect svg text title tspan".split(" "));

/** `data-…` and `aria-…` besides. */
export const ATTRIBUTES = [
  "align", "alt", "class", "colspan", "cx", "cy", "d", "datetime", "dominant-baseline", "fill", "height", "href", "loading", "open", "points", "r",
  "referrerpolicy", "rel", "role", "rowspan", "scope", "selected", "src", "start", "stroke", "stroke-dasharray", "stroke-linejoin", "stroke-width",
  "tabindex", "target", "text-anchor", "title", "type", "value", "viewBox", "width", "x", "y",
] as const;

export type AttributeName = (typeof ATTRIBUTES)[number];

const NAMES: ReadonlySet<string> = new Set(ATTRIBUTES);
const NAMESPACED = /^(?:data|aria)-[a-z-]+$/;
const STYLE_NAME = /^(?:--dw-[a-z-]+|[a-z]+(?:-[a-z]+)*)$/;
/** CSS functions that cannot fetch anything. */
const HARMLESS_CALL = /\b(?:rgba?|hsla?|var|calc|linear-gradient|radial-gradient|translate)\(/gi;

const bare = (address: string): string => address.replace(/[\u0000-\u0020\u007f-\u009f]/g, "");

/** An address a reader may follow: http(s), mail, or within this page's site; null for everything else. */
export function safeLink(address: string): string | null {
  const given = bare(address);
  if (/^(?:https?:|mailto:|#|\/(?![/\\])|\?)/i.test(given)) return given;
  return /^[^:]*$/.test(given) && !/^[/\\]{2}/.test(given) ? given : null;
}

/** An image's address: http(s) or an inline bitmap. */
export function safeImage(address: string): string | null {
  const given = bare(address);
  if (/^data:image\/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/=]*$/i.test(given)) return given;
  return /^(?:https?:|\/(?![/\\]))/i.test(given) ? given : null;
}

export function isTag(space: "html" | "svg", tag: string): boolean {
  return (space === "svg" ? SVG_TAGS : HTML_TAGS).has(tag);
}

/** Whether a value of CSS, be it a style's or an SVG attribute's, fetches nothing and ends nothing. */
export function isHarmlessValue(value: string): boolean {
  return !/[\\;{}@(]/.test(value) || !/[\\;{}@(]/.test(value.replace(HARMLESS_CALL, ""));
}

export function isAttribute(name: string, value: string): boolean {
  if (!NAMES.has(name)) return NAMESPACED.test(name);
  if (name === "href") return safeLink(value) === value;
  if (name === "src") return safeImage(value) === value;
  return (name !== "fill" && name !== "stroke") || isHarmlessValue(value);
}

export function isStyle(name: string, value: string): boolean {
  return STYLE_NAME.test(name) && isHarmlessValue(value);
}
