/** Make an element with attributes and children; text children are text, never markup. */
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

/** Where our pages begin, as the page shown names it: a frontend may proxy us below a path of its own. */
export const ownRoot = (): string => document.documentElement.dataset["root"] ?? "/";
