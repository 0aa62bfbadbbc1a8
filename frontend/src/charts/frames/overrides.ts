/** A panel's field configuration laid over its frames: defaults, then matching overrides, then names, range and colour places. */
import type { Field, FieldConfig, Frame, Range } from "../display/field";
import { reduce } from "../display/reducers";
import type { FieldConfigSource } from "./document";
import { fieldMatcher } from "./matchers";
import { displayNameOf, fillName } from "./names";

const NUMBERS = new Set(["decimals", "min", "max"]);

function setProperty(config: FieldConfig, id: string, value: unknown): void {
  const path = id.split(".");
  let place = config as Record<string, unknown>;
  for (const step of path.slice(0, -1)) {
    if (step === "__proto__" || step === "constructor") return;
    const next = place[step];
    place[step] = typeof next === "object" && next !== null ? { ...next } : {};
    place = place[step] as Record<string, unknown>;
  }
  const last = path[path.length - 1]!;
  if (last === "__proto__" || last === "constructor") return;
  if (value === null || value === undefined) delete place[last];
  else place[last] = NUMBERS.has(id) ? parseFloat(String(value)) : value;
}

/** Smallest and largest number in all frames; null when there is none. */
function rangeOfAll(frames: readonly Frame[]): Range | null {
  let min = Infinity;
  let max = -Infinity;
  for (const frame of frames) {
    for (const field of frame.fields) {
      if (field.type !== "number") continue;
      const low = reduce(field.values, "min");
      const high = reduce(field.values, "max");
      if (typeof low === "number") min = Math.min(min, low);
      if (typeof high === "number") max = Math.max(max, high);
    }
  }
  return min <= max ? { min, max } : null;
}

function ownRange(field: Field, all: Range | null): Range | undefined {
  if (field.type !== "number") return undefined;
  const { min, max, fieldMinMax } = field.config;
  const found = fieldMinMax ? rangeOfAll([{ fields: [field], length: field.values.length }]) : all;
  if (typeof min === "number" && typeof max === "number") return { min, max };
  if (!found && typeof min !== "number" && typeof max !== "number") return undefined;
  return { min: min ?? found?.min ?? 0, max: max ?? found?.max ?? 100 };
}

/** Frames with everything a panel needs to show them; the given frames stay as they are. */
export function withFieldConfig(frames: readonly Frame[], source: FieldConfigSource | undefined): Frame[] {
  const defaults = source?.defaults ?? {};
  const rules = (source?.overrides ?? []).map((rule) => ({
    matches: fieldMatcher(rule.matcher?.id, rule.matcher?.options),
    properties: rule.properties ?? [],
  }));
  const all = rangeOfAll(frames);
  let seriesIndex = 0;
  const result = frames.map((frame): Frame => ({
    ...frame,
    fields: frame.fields.map((field): Field => {
      const config: FieldConfig = { ...defaults, ...definedOf(field.config), custom: { ...defaults.custom } };
      if (config.displayName) config.displayName = fillName(config.displayName, field, frame, frames);
      for (const rule of rules) {
        if (!rule.matches(field, frame, frames)) continue;
        for (const { id, value } of rule.properties) {
          if (!id) continue;
          setProperty(config, id, id === "displayName" && typeof value === "string" ? fillName(value, field, frame, frames) : value);
        }
      }
      const made: Field = { ...field, config, seriesIndex };
      if (field.type !== "time") seriesIndex += 1;
      const range = ownRange(made, all);
      if (range) made.range = range;
      return made;
    }),
  }));
  for (const frame of result) for (const field of frame.fields) field.displayName = displayNameOf(field, frame, result);
  return result;
}

function definedOf(config: FieldConfig): FieldConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as FieldConfig;
}

/** A panel type's own setting of a field. */
export function custom<T>(field: Field, name: string, otherwise: T): T {
  const value = field.config.custom?.[name];
  return value === undefined || value === null ? otherwise : (value as T);
}

export interface HideFrom {
  legend?: boolean;
  tooltip?: boolean;
  viz?: boolean;
}

export function hiddenFrom(field: Field, where: keyof HideFrom): boolean {
  return Boolean(custom<HideFrom>(field, "hideFrom", {})[where]);
}
