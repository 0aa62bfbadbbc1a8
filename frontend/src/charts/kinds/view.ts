/** What every kind of panel is: something mounted into an element, given data, resized and taken away. */
import type { Theme } from "../display/colors";
import type { Frame } from "../display/field";
import type { Panel } from "../frames/document";
import type { TimeRange } from "../../lib/time/relative";

export interface PanelData {
  panel: Panel;
  /** Transformed and with the field configuration laid over. */
  frames: readonly Frame[];
  range: TimeRange;
  /** Step of the answers in ms, where there is one; longer gaps are gaps. */
  stepMs: number | null;
  theme: Theme;
  timeZone: string;
  now: number;
}

export interface PanelView {
  /** Draw data into the element, `width` × `height` CSS pixels. */
  draw(data: PanelData, width: number, height: number): void;
  destroy(): void;
}

export type MountPanel = (host: HTMLElement) => PanelView;

/** Make an element with classes, attributes and children; text children are text, never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svgElement(tag: string, attributes: Readonly<Record<string, string | number>> = {}, ...children: (Node | string)[]): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** A panel's option by name, or what it is when the document does not say. */
export function option<T>(panel: Panel, name: string, otherwise: T): T {
  const value = panel.options?.[name];
  return value === undefined || value === null ? otherwise : (value as T);
}
