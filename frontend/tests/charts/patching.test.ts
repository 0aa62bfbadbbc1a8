// @vitest-environment jsdom
/** A refresh that changes everything ends where a page that was loaded just then begins. */
import { describe, expect, it } from "vitest";
import { Mount } from "../../src/charts/mount";
import type { Tree } from "../../src/charts/tree";
import { CASES } from "./cases";
import { DRAWS, dataOf } from "./picture";

const trees = (): Tree[] => Object.entries(CASES).flatMap(([kind, cases]) => cases.map((one) => DRAWS[kind]!(dataOf(one, "dark"), one)));

/** A host's content with attributes and rules in order: patching leaves them in another. */
function content(node: Node): unknown {
  if (!(node instanceof Element)) return node.textContent;
  const rules = (text: string): string => text.split("; ").map((rule) => rule.replace(/;$/, "")).sort().join("; ");
  const attributes = [...node.attributes].map(({ name, value }) => `${name}=${name === "style" ? rules(value) : value}`).filter((text) => text !== "style=").sort();
  return [node.localName, attributes, [...node.childNodes].map(content)];
}

describe("from one picture to the next", () => {
  const fresh = (tree: Tree): unknown => {
    const host = document.createElement("div");
    new Mount(host).show(tree);
    return content(host);
  };
  it("the page is as if it had been built for the next", () => {
    const host = document.createElement("div");
    const mount = new Mount(host);
    const all = trees();
    for (const tree of [...all, ...all.reverse()]) {
      mount.show(tree);
      expect(content(host)).toEqual(fresh(tree));
    }
  });
  it("drawn again from the same data nothing is touched", () => {
    const [before, after] = [trees(), trees()];
    before.forEach((tree, at) => {
      const box = document.createElement("div");
      const mount = new Mount(box);
      mount.show(tree);
      const changes = new MutationObserver(() => undefined);
      changes.observe(box, { subtree: true, childList: true, attributes: true, characterData: true });
      mount.show(after[at]!);
      expect(changes.takeRecords()).toEqual([]);
    });
  });
});
