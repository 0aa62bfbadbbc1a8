/** A picture as plain values: elements with attributes, styles and children, made by pure functions and shown by `mount`. */
import type { AttributeName } from "./allowed";

/** What a reader may do to an element, by the name its chart knows it by. */
export interface Intent {
  readonly name: string;
  readonly value?: string;
}

export type Space = "html" | "svg";
export type EventName = "click" | "change";
type Texts = Readonly<Record<string, string>>;
type Intents = Readonly<Partial<Record<EventName, Intent>>>;

export interface TreeElement {
  readonly space: Space;
  readonly tag: string;
  readonly attributes: Texts;
  readonly style: Texts;
  readonly on: Intents;
  readonly children: readonly Tree[];
}

export type Tree = TreeElement | string;

type Value = string | number | null | undefined;

/** What is null or undefined is left out, so that a chart can say in one line what depends. */
export type Given = { readonly [name in AttributeName]?: Value } & {
  readonly [name: `data-${string}` | `aria-${string}`]: Value;
} & { readonly style?: Readonly<Record<string, string | null | undefined>>; readonly on?: Intents };

export type Child = Tree | null | undefined;

/** What has no attributes, styles or intents has these, so that it is seen at a glance. */
export const NONE: Texts & Intents = Object.freeze({});

/** Attributes or styles that are there; every page makes thousands, so nothing is copied twice. */
function present(given: object | undefined): Texts {
  if (!given) return NONE;
  const kept: Record<string, string> = {};
  let any = false;
  for (const name in given) {
    const value = (given as Record<string, unknown>)[name];
    if (value === null || value === undefined || name === "style" || name === "on") continue;
    kept[name] = String(value);
    any = true;
  }
  return any ? Object.freeze(kept) : NONE;
}

const isThere = (child: Child): child is Tree => child !== null && child !== undefined;

function element(space: Space, tag: string, given: Given, children: readonly Child[]): TreeElement {
  return Object.freeze({
    space, tag, attributes: present(given), style: present(given.style), on: given.on ?? NONE,
    children: Object.freeze(children.every(isThere) ? children : children.filter(isThere)),
  });
}

/** An HTML element; text among its children is text, never markup. */
export function h(tag: string, given: Given = {}, ...children: Child[]): TreeElement {
  return element("html", tag, given, children);
}

/** An SVG element. */
export function svg(tag: string, given: Given = {}, ...children: Child[]): TreeElement {
  return element("svg", tag, given, children);
}
