/** Value mappings: a value, a range, a pattern or a special value stands for a text, a colour or both. */

export interface MappingResult {
  text?: string;
  color?: string;
  icon?: string;
  index?: number;
}

export type ValueMapping =
  | { type: "value"; options: Record<string, MappingResult> }
  | { type: "range"; options: { from?: number | null; to?: number | null; result: MappingResult } }
  | { type: "regex"; options: { pattern: string; result: MappingResult } }
  | { type: "special"; options: { match: string; result: MappingResult } };

/** `/…/flags`, or a plain pattern that must match the whole text; a broken pattern matches nothing. */
export function readPattern(text: string): RegExp | null {
  try {
    if (!text.startsWith("/")) return new RegExp(`^${text}$`);
    const parts = /^\/(.*?)\/(g?i?m?y?s?)$/.exec(text);
    return parts ? new RegExp(parts[1]!, parts[2]) : null;
  } catch {
    return null;
  }
}

const isNaNNumber = (value: unknown): boolean => typeof value === "number" && Number.isNaN(value);
const isNothing = (value: unknown): boolean => value === null || value === undefined;

const SPECIAL: Record<string, (value: unknown) => boolean> = {
  null: isNothing,
  nan: isNaNNumber,
  "null+nan": (value) => isNothing(value) || isNaNNumber(value),
  true: (value) => value === true || value === "true",
  false: (value) => value === false || value === "false",
  empty: (value) => value === "",
};

function tryMapping(mapping: ValueMapping, value: unknown): MappingResult | undefined {
  switch (mapping.type) {
    case "value":
      return isNothing(value) || !Object.hasOwn(mapping.options, String(value)) ? undefined : mapping.options[String(value)];
    case "range": {
      if (isNothing(value)) return undefined;
      const number = parseFloat(String(value));
      if (Number.isNaN(number)) return undefined;
      const { from, to, result } = mapping.options;
      return number < (from ?? -Infinity) || number > (to ?? Infinity) ? undefined : result;
    }
    case "regex": {
      if (typeof value !== "string") return undefined;
      const pattern = readPattern(mapping.options.pattern);
      if (!pattern?.test(value)) return undefined;
      const { result } = mapping.options;
      if (isNothing(result.text)) return result;
      pattern.lastIndex = 0;
      return { ...result, text: value.replace(pattern, result.text ?? "") };
    }
    case "special":
      return SPECIAL[mapping.options.match]?.(value) ? mapping.options.result : undefined;
    default:
      return undefined;
  }
}

/** What the first mapping that fits says; null when none does. */
export function mapValue(mappings: readonly ValueMapping[], value: unknown): MappingResult | null {
  for (const mapping of mappings) {
    const result = tryMapping(mapping, value);
    if (result) return result;
  }
  return null;
}
