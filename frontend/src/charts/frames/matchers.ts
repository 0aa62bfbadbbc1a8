/** Which fields an override or a transformation means: by name, names, pattern, type or query. */
import type { Field, Frame } from "../display/field";
import { displayNameOf } from "./names";

export type FieldMatcher = (field: Field, frame: Frame, frames: readonly Frame[]) => boolean;

const never: FieldMatcher = () => false;

/** A pattern with or without slashes; broken ones match nothing. */
export function looseRegex(pattern: string): RegExp | null {
  const slashed = /^\/([\s\S]*)\/([gimsuy]*)$/.exec(pattern);
  try {
    return slashed ? new RegExp(slashed[1]!, slashed[2]!.replace("g", "").replace("y", "")) : new RegExp(pattern);
  } catch {
    return null;
  }
}

function byNames(names: readonly string[]): FieldMatcher {
  const wanted = new Set(names);
  // "Value" also means a series named by its metric, and "Time" any time column, as Grafana reads old documents.
  return (field, frame, frames) =>
    wanted.has(field.name) ||
    wanted.has(displayNameOf(field, frame, frames)) ||
    (wanted.has("Value") && field.labels?.["__name__"] === field.name) ||
    ((wanted.has("Time") || wanted.has("time")) && !wanted.has("Value") && field.type === "time");
}

function byPattern(pattern: unknown): FieldMatcher {
  const regex = looseRegex(String(pattern ?? ""));
  return regex ? (field, frame, frames) => regex.test(displayNameOf(field, frame, frames)) : never;
}

interface NamesOptions {
  mode?: string;
  names?: string[];
  pattern?: string;
  type?: string;
  types?: string[];
}

/** The matcher of an id and its options; unknown ids match nothing. */
export function fieldMatcher(id: string | undefined, options: unknown): FieldMatcher {
  const given = (options ?? {}) as NamesOptions;
  switch (id) {
    case "byName":
      return byNames([String(options ?? "")]);
    case "byNames": {
      const matches = byNames(given.names ?? []);
      return given.mode === "exclude" ? (field, frame, frames) => !matches(field, frame, frames) : matches;
    }
    case "byRegexp":
      return byPattern(options);
    case "byRegexpOrNames": {
      const names = byNames(given.names ?? []);
      const pattern = given.pattern ? byPattern(given.pattern) : never;
      return (field, frame, frames) => names(field, frame, frames) || pattern(field, frame, frames);
    }
    case "byType":
      return (field) => field.type === (typeof options === "string" ? options : given.type);
    case "byTypes":
      return (field) => (Array.isArray(options) ? options : (given.types ?? [])).includes(field.type);
    case "numeric":
      return (field) => field.type === "number";
    case "time":
      return (field) => field.type === "time";
    case "byFrameRefID":
      return (_field, frame) => frame.refId === options;
    case "first":
      return (field, frame) => frame.fields[0] === field;
    case "firstTimeField":
      return (field, frame) => frame.fields.find((each) => each.type === "time") === field;
    default:
      return never;
  }
}
