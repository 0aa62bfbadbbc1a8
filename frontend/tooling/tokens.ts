/** Reads tokens.css, which names every colour and size once, and cuts its values out where a page does not load it itself. */
import postcss, { type ChildNode, type Container } from "postcss";

export type Theme = "light" | "dark";

/** The declarations of one theme's block, by name without `--dw-`, in order. */
export function tokensOf(tokens: string, theme: Theme): Map<string, string> {
  const block = new RegExp(`:root\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(tokens)?.[1];
  if (block === undefined) throw new Error(`tokens.css has no block for the theme ${theme}`);
  return new Map([...block.matchAll(/--dw-([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]));
}

/** tokens.css itself with the dark block written in where the reader's own theme holds. */
export function completed(tokens: string): string {
  const dark = [...tokensOf(tokens, "dark")].map(([name, value]) => `--dw-${name}: ${value};`);
  return tokens.replace("@dark;", ["color-scheme: dark;", ...dark].join(" "));
}

/** A style sheet with the tokens it uses, and no others, before it. */
export function withTokens(sheet: string, tokens: string): string {
  const used = new Set([...sheet.matchAll(/var\((--dw-[\w-]+)\)/g)].map(([, name]) => name!));
  const cut = postcss.parse(completed(tokens));
  const found = new Set<string>();
  cut.walkDecls(/^--/, (one) => {
    if (used.has(one.prop)) found.add(one.prop);
    else one.remove();
  });
  const missing = [...used].filter((name) => !found.has(name));
  if (missing.length > 0) throw new Error(`tokens.css names no ${missing.join(", ")}`);
  dropEmpty(cut);
  return `${cut.toString()}\n${sheet}`;
}

function dropEmpty(within: Container): void {
  within.each((node: ChildNode) => {
    if ("each" in node) dropEmpty(node as Container);
    const said = "nodes" in node ? (node.nodes ?? []).filter((one) => one.type !== "comment") : null;
    if (node.type === "comment" || said?.length === 0) node.remove();
  });
}

/** A text with `var(--dw-…)` replaced by the token's value in one theme, for what knows no custom properties. */
export function withValues(text: string, tokens: string, theme: Theme): string {
  const known = tokensOf(tokens, theme);
  return text.replace(/var\(--dw-([\w-]+)\)/g, (_, name: string) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`tokens.css names no --dw-${name}`);
    return value;
  });
}
