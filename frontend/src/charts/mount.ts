/** Puts trees into the page: what is as before is left alone, so that a refresh touches only what has changed. */
import { isAttribute, isStyle, isTag } from "./allowed";
import { type EventName, type Intent, NONE, type Tree, type TreeElement } from "./tree";

const EVENTS: readonly EventName[] = ["click", "change"];
const SVG = "http://www.w3.org/2000/svg";

/** An intent carried out: `value` is the control's where the intent names none, `adding` a key held to add to a choice. */
export interface Action {
  readonly name: string;
  readonly value: string;
  readonly adding: boolean;
}

interface ShownText {
  readonly tree: string;
  readonly node: Text;
}

/** A part of the tree and the node that shows it. */
interface ShownElement {
  tree: TreeElement;
  readonly node: HTMLElement | SVGElement;
  readonly children: Shown[];
}

type Shown = ShownText | ShownElement;

const isElement = (shown: Shown): shown is ShownElement => typeof shown.tree !== "string";

function setAttributes(node: Element, before: TreeElement["attributes"], after: TreeElement["attributes"]): void {
  if (before === after) return;
  for (const name of Object.keys(before)) if (!(name in after)) node.removeAttribute(name);
  for (const [name, value] of Object.entries(after)) {
    if (before[name] === value) continue;
    if (isAttribute(name, value)) node.setAttribute(name, value);
    else node.removeAttribute(name);
  }
  // A reader's choice outlives the attribute, which says only what was chosen at first.
  if (node instanceof HTMLOptionElement) node.selected = "selected" in after;
}

function setStyle({ style }: HTMLElement | SVGElement, before: TreeElement["style"], after: TreeElement["style"]): void {
  if (before === after) return;
  for (const name of Object.keys(before)) if (!(name in after)) style.removeProperty(name);
  for (const [name, value] of Object.entries(after)) {
    if (before[name] === value) continue;
    if (isStyle(name, value)) style.setProperty(name, value);
    else style.removeProperty(name);
  }
}

/** Shows trees in a host, one in place of the other. */
export class Mount {
  private shown: Shown | null = null;
  private readonly intents = new WeakMap<Node, TreeElement["on"]>();

  constructor(private readonly host: Element, private readonly onAction?: (action: Action) => void) {
    if (onAction) for (const name of EVENTS) host.addEventListener(name, this.onEvent);
  }

  show(tree: Tree): void {
    if (this.shown) this.shown = this.patched(this.shown, tree);
    else this.host.append((this.shown = this.made(tree)).node);
  }

  /** The node of the tree's root, to be measured or drawn into; null before anything is shown. */
  get root(): HTMLElement | SVGElement | null {
    return this.shown && isElement(this.shown) ? this.shown.node : null;
  }

  /** Show nothing. */
  clear(): void {
    this.shown?.node.remove();
    this.shown = null;
  }

  remove(): void {
    for (const name of EVENTS) this.host.removeEventListener(name, this.onEvent);
    this.clear();
  }

  private made(tree: Tree): Shown {
    if (typeof tree === "string") return { tree, node: document.createTextNode(tree) };
    const { space, tag } = tree;
    if (!isTag(space, tag)) return { tree: "", node: document.createTextNode("") };
    const node = space === "svg" ? (document.createElementNS(SVG, tag) as SVGElement) : document.createElement(tag);
    const children = tree.children.map((child) => this.made(child));
    for (const child of children) node.appendChild(child.node);
    setAttributes(node, NONE, tree.attributes);
    setStyle(node, NONE, tree.style);
    if (tree.on !== NONE) this.intents.set(node, tree.on);
    return { tree, node, children };
  }

  /** Most nodes have no intents, and are not kept. */
  private know(node: Node, on: TreeElement["on"]): void {
    if (on !== NONE) this.intents.set(node, on);
    else this.intents.delete(node);
  }

  private patched(shown: Shown, tree: Tree): Shown {
    if (shown.tree === tree) return shown;
    if (!isElement(shown) && typeof tree === "string") {
      shown.node.data = tree;
      return { tree, node: shown.node };
    }
    if (!isElement(shown) || typeof tree === "string" || shown.tree.space !== tree.space || shown.tree.tag !== tree.tag) {
      const made = this.made(tree);
      shown.node.replaceWith(made.node);
      return made;
    }
    const { node, children } = shown;
    this.patchChildren(node, children, tree.children);
    setAttributes(node, shown.tree.attributes, tree.attributes);
    setStyle(node, shown.tree.style, tree.style);
    this.know(node, tree.on);
    shown.tree = tree;
    return shown;
  }

  private patchChildren(node: Element, shown: Shown[], wanted: readonly Tree[]): void {
    for (const surplus of shown.splice(wanted.length)) surplus.node.remove();
    wanted.forEach((tree, at) => {
      const child = shown[at];
      if (child) shown[at] = this.patched(child, tree);
      else node.append((shown[at] = this.made(tree)).node);
    });
  }

  private readonly onEvent = (event: Event): void => {
    for (let node = event.target as Node | null; node && node !== this.host; node = node.parentNode) {
      const intent: Intent | undefined = this.intents.get(node)?.[event.type as EventName];
      if (!intent) continue;
      const { ctrlKey = false, metaKey = false, shiftKey = false } = event as Partial<MouseEvent>;
      const value = intent.value ?? (node instanceof HTMLSelectElement ? node.value : "");
      this.onAction?.({ name: intent.name, value, adding: ctrlKey || metaKey || shiftKey });
      return;
    }
  };
}
