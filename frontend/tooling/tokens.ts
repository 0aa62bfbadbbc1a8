/** Reads tokens.css, which names every colour once, and writes its values where a page does not load it itself. */

export type Theme = "light" | "dark";

/** The declarations of one theme's block, by name without `--dw-`, in order. */
export function tokensOf(tokens: string, theme: Theme): Map<string, string> {
  const block = new RegExp(`:root\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(tokens)?.[1];
  if (block === undefined) throw new Error(`tokens.css has no block for the theme ${theme}`);
  return new Map([...block.matchAll(/--dw-([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]));
}

/** Some tokens of one theme as declarations. */
export function declarations(tokens: string, theme: Theme, names?: readonly string[]): string {
  const known = tokensOf(tokens, theme);
  const wanted = names ?? [...known.keys()];
  const lines = wanted.map((name) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`tokens.css names no ${name} for the theme ${theme}`);
    return `--dw-${name}: ${value};`;
  });
  return [`color-scheme: ${theme};`, ...lines].join(" ");
}

/** tokens.css itself with the dark block written in where the reader's own theme holds. */
export function completed(tokens: string): string {
  return tokens.replace("@dark;", declarations(tokens, "dark"));
}

/** A style sheet with `@tokens a b;` replaced by those tokens for each theme. */
export function withTokens(sheet: string, tokens: string): string {
  return sheet.replace(/@tokens ([\w\s-]+);/, (_, list: string) => blocks(tokens, list.trim().split(/\s+/)));
}

/** The blocks of a page that says its theme in `data-theme`: light, dark or auto. */
export function blocks(tokens: string, names: readonly string[]): string {
  const dark = declarations(tokens, "dark", names);
  return [
    `:root { ${declarations(tokens, "light", names)} }`,
    `:root[data-theme="dark"] { ${dark} }`,
    "@media (prefers-color-scheme: dark) {",
    `:root[data-theme="auto"] { ${dark} }`,
    "}",
  ].join("\n");
}
