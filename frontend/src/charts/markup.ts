/** A tree as text: HTML, with SVG in it that also stands alone. For pictures without a browser, and for tests. */
import { isAttribute, isStyle, isTag } from "./allowed";
import type { Tree, TreeElement } from "./tree";

const VOID = new Set(["br", "col", "hr", "img"]);
const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => ENTITIES[letter]!);

function attributesOf({ space, tag, attributes, style }: TreeElement): string {
  const texts = Object.entries(attributes).filter(([name, value]) => isAttribute(name, value));
  if (space === "svg" && tag === "svg") texts.unshift(["xmlns", "http://www.w3.org/2000/svg"]);
  const styles = Object.entries(style).filter(([name, value]) => isStyle(name, value));
  if (styles.length > 0) texts.push(["style", styles.map(([name, value]) => `${name}: ${value}`).join("; ")]);
  return texts.map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
}

export function markup(tree: Tree): string {
  if (typeof tree === "string") return escaped(tree);
  const { space, tag, children } = tree;
  if (!isTag(space, tag)) return "";
  const start = `<${tag}${attributesOf(tree)}>`;
  return space === "html" && VOID.has(tag) ? start : `${start}${children.map(markup).join("")}</${tag}>`;
}
