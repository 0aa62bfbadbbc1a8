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

const NONE: Texts & Intents = Object.freeze({});

function present(given: Readonly<Record<string, unknown>> | undefined): Texts {
  if (!given) return NONE;
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== null && value !== undefined) kept[name] = String(value);
  }
  return Object.freeze(kept);
}

function element(space: Space, tag: string, { style, on, ...attributes }: Given, children: readonly Child[]): TreeElement {
  const kept = children.filter((child) => child !== null && child !== undefined);
  return Object.freeze({
    space, tag, attributes: present(attributes), style: present(style), on: on ?? NONE, children: Object.freeze(kept),
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
