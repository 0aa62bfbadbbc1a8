/** What pure charts ask of a browser, as functions they are given: tests give a table of widths instead. */

/** Width in px of a text in the page's own family. */
export type TextWidth = (text: string, size: number, weight?: number) => number;

export interface Browser {
  /** The reader's, as `en-GB`. */
  readonly locale: string;
  readonly textWidth: TextWidth;
  /** The body of an inert document made of some HTML: nothing in it is loaded or run. */
  readonly parseHtml: (html: string) => Node;
}

let context: CanvasRenderingContext2D | null | undefined;
let family = "";

function textWidth(text: string, size: number, weight = 400): number {
  context ??= document.createElement("canvas").getContext("2d");
  family ||= getComputedStyle(document.body).fontFamily;
  if (!context) return text.length * size * 0.55;
  context.font = `${weight} ${size}px ${family}`;
  return context.measureText(text).width;
}

export const browser: Browser = {
  get locale() {
    return navigator.language;
  },
  textWidth,
  parseHtml: (html) => new DOMParser().parseFromString(html, "text/html").body,
};
