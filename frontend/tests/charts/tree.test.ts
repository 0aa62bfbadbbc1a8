// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";
import { isAttribute, isHarmlessValue, isStyle } from "../../src/charts/allowed";
import { markup } from "../../src/charts/markup";
import { type Action, Mount } from "../../src/charts/mount";
import { type Tree, h, svg } from "../../src/charts/tree";

function mounted(onAction?: (action: Action) => void): { host: HTMLElement; mount: Mount; show(tree: Tree): string } {
  const host = document.createElement("div");
  document.body.append(host);
  const mount = new Mount(host, onAction);
  const show = (tree: Tree): string => {
    mount.show(tree);
    return host.innerHTML;
  };
  return { host, mount, show };
}

describe("a tree", () => {
  it("is frozen, and leaves out what is null or undefined", () => {
    const made = h("p", { class: "a", title: undefined, "data-off": null, tabindex: 0, style: { color: "red", width: null } }, "x", null, undefined);
    expect(made).toMatchObject({ attributes: { class: "a", tabindex: "0" }, style: { color: "red" }, children: ["x"] });
    for (const part of [made, made.attributes, made.style, made.children]) expect(Object.isFrozen(part)).toBe(true);
  });
  it("is text as markup, escaped, with a standing SVG's namespace", () => {
    expect(markup(h("p", { title: '"<&' }, "<b>&", h("br"), svg("svg", { width: 1, viewBox: "0 0 1 1" }, svg("path", { d: "M0 0" })))))
      .toBe('<p title="&quot;&lt;&amp;">&lt;b&gt;&amp;<br><svg xmlns="http://www.w3.org/2000/svg" width="1" viewBox="0 0 1 1"><path d="M0 0"></path></svg></p>');
  });
});

describe("nothing that acts leaves a tree", () => {
  const bad = h("div", { onclick: "x()", srcdoc: "x", id: "x", style: { background: "url(//evil.example)", color: "red" } } as never,
    h("a", { href: "javascript:alert(1)" }, "a"), h("img", { src: "data:image/svg+xml;base64,AA" }), h("script", {}, "alert(1)"), h("iframe"),
    svg("a", { href: "javascript:1" } as never), svg("path", { fill: "url(https://evil.example/#x)" }), svg("foreignObject"));
  const harmless = '<div style="color: red"><a>a</a><img><path></path></div>';
  it("as markup", () => expect(markup(bad)).toBe(harmless));
  it("in the page", () => expect(mounted().show(bad).replace("red;", "red")).toBe(harmless));
  it("nor when a part turns bad", () => {
    const { show } = mounted();
    show(h("p", { style: { color: "red" } }, h("a", { href: "https://a.example" }, "a")));
    expect(show(h("p", { style: { color: "url(x)" } }, h("a", { href: "javascript:1" }, "a"))).replace(' style=""', "")).toBe("<p><a>a</a></p>");
  });
  it.each([
    ["rgb(1, 2, 3)", true], ["linear-gradient(90deg, rgba(1, 2, 3, 0.5) 3px, #fff)", true], ["var(--dw-text)", true], ["2px solid red", true],
    ["url(x)", false], ["URL (x)", false], ["image-set('x')", false], ["expression(1)", false], ["u\\72l(x)", false], ["red; position: fixed", false],
    ["linear-gradient(url(x), red)", false], ["@import", false], ["element(#x)", false], ["-webkit-image-set(x)", false], ["xrgb(1)", false],
  ])("a value %s: %s", (value, allowed) => expect(isHarmlessValue(value)).toBe(allowed));
  it("has names of its own list alone", () => {
    expect([isAttribute("data-state", "x"), isAttribute("aria-label", "x"), isAttribute("data-", "x"), isAttribute("data-x onload", "x"), isAttribute("constructor", "x")])
      .toEqual([true, true, false, false, false]);
    expect([isStyle("--dw-series", "red"), isStyle("width", "1px"), isStyle("-moz-binding", "x"), isStyle("--other", "x")]).toEqual([true, true, false, false]);
  });
});

describe("mounting", () => {
  const row = (text: string, more = {}): Tree => h("li", { title: text, ...more }, h("b", {}, text));
  it("keeps the nodes of what stays and changes what differs alone", () => {
    const { host, show } = mounted();
    show(h("ul", { class: "a" }, row("1"), row("2", { "data-off": "" }), row("3")));
    const [list, second] = [host.firstChild!, host.querySelectorAll("li")[1]!];
    const changes = new MutationObserver(() => undefined);
    changes.observe(host, { subtree: true, childList: true, attributes: true, characterData: true });
    expect(show(h("ul", { class: "a" }, row("1"), row("2")))).toBe('<ul class="a"><li title="1"><b>1</b></li><li title="2"><b>2</b></li></ul>');
    expect(changes.takeRecords().map(({ type, attributeName }) => [type, attributeName])).toEqual([["childList", null], ["attributes", "data-off"]]);
    expect([host.firstChild, host.querySelectorAll("li")[1]]).toEqual([list, second]);
    show(h("ul", { class: "a" }, row("1"), row("two")));
    expect(changes.takeRecords().map(({ type }) => type)).toEqual(["characterData", "attributes"]);
    expect(second.textContent).toBe("two");
  });
  it("replaces what has become something else", () => {
    const { show } = mounted();
    show(h("div", {}, "text", h("i", {}, "a")));
    expect(show(h("div", {}, h("b"), svg("svg", {}, svg("title", {}, "t")), "more"))).toBe("<div><b></b><svg><title>t</title></svg>more</div>");
    expect(show("only text")).toBe("only text");
    expect(show(h("p", { style: { width: "1px", "--dw-series": "red" } }))).toBe('<p style="width: 1px; --dw-series: red;"></p>');
    expect(show(h("p", { style: { height: "2px" } }))).toBe('<p style="height: 2px;"></p>');
  });
  it("survives what others do to its text, as a translator does", () => {
    const { host, show } = mounted();
    show(h("p", {}, "one", h("b", {}, "x")));
    host.querySelector("p")!.firstChild!.replaceWith(document.createElement("font"));
    expect(show(h("p", {}, "two", h("b", {}, "y")))).toContain("<b>y</b>");
  });
  it("tells actions by their names, with the control's value and whether a key was held", () => {
    const onAction = vi.fn();
    const { host, mount, show } = mounted(onAction);
    const tree = (value: string, chosen: string): Tree => h("div", {},
      h("button", { on: { click: { name: "sort", value } } }, h("span", {}, "x")),
      h("select", { on: { change: { name: "frame" } } }, ...["a", "b"].map((one) => h("option", { value: one, selected: one === chosen ? "" : null }, one))));
    show(tree("one", "a"));
    show(tree("two", "a"));
    host.querySelector("span")!.dispatchEvent(new MouseEvent("click", { bubbles: true, ctrlKey: true }));
    const select = host.querySelector("select")!;
    select.value = "b";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    host.querySelector("div")!.click();
    expect(onAction.mock.calls).toEqual([[{ name: "sort", value: "two", adding: true }], [{ name: "frame", value: "b", adding: false }]]);
    show(tree("two", "b"));
    show(tree("two", "a"));
    expect(select.value).toBe("a");
    mount.remove();
    host.click();
    expect([host.childNodes.length, onAction.mock.calls.length, mount.root]).toEqual([0, 2, null]);
  });
  it("does not grow over refreshes", () => {
    const { host, show } = mounted();
    for (let round = 0; round < 500; round += 1) show(h("ul", {}, ...Array.from({ length: round % 7 }, (_, at) => row(`${round}-${at}`))));
    expect(host.querySelectorAll("*").length).toBe(1 + (499 % 7) * 2);
  });
});
