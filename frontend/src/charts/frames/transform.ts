/** A panel's transformations on its frames, in their order; one that is not known leaves the frames as they are. */
import type { Field, Frame } from "../display/field";
import { keepsUnit, reduce, reducerName } from "../display/reducers";
import type { Transformation } from "./document";
import { fieldMatcher, looseRegex } from "./matchers";
import { displayNameOf } from "./names";

type Options = Record<string, unknown>;
type Transform = (frames: Frame[], options: Options) => Frame[];

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function withFields(frame: Frame, fields: Field[]): Frame {
  return { ...frame, fields, length: fields[0]?.values.length ?? 0 };
}

function keepRows(frame: Frame, rows: readonly number[]): Frame {
  return withFields(frame, frame.fields.map((field) => ({ ...field, values: rows.map((row) => field.values[row]) })));
}

const filterFields: Transform = (frames, options) => {
  const matcher = (given: unknown): ReturnType<typeof fieldMatcher> | null => {
    const { names, pattern } = record(given);
    const list = texts(names);
    if (list.length === 0 && !pattern) return null;
    if (!pattern) return fieldMatcher("byNames", { names: list });
    return list.length === 0 ? fieldMatcher("byRegexp", pattern) : fieldMatcher("byRegexpOrNames", given);
  };
  const include = matcher(options["include"]);
  const exclude = matcher(options["exclude"]);
  return frames.flatMap((frame) => {
    const fields = frame.fields.filter(
      (field) => (!include || include(field, frame, frames)) && !exclude?.(field, frame, frames),
    );
    return fields.length > 0 ? [{ ...frame, fields }] : [];
  });
};

const organize: Transform = (frames, options) => {
  const excluded = Object.entries(record(options["excludeByName"])).filter(([, off]) => off).map(([name]) => name);
  const included = Object.entries(record(options["includeByName"])).filter(([, on]) => on).map(([name]) => name);
  const kept = filterFields(frames, { exclude: { names: excluded }, include: { names: included } });
  const order = record(options["indexByName"]);
  const place = (name: string): number => (Number.isInteger(order[name]) ? (order[name] as number) : Number.MAX_SAFE_INTEGER);
  const names = record(options["renameByName"]);
  return kept.map((frame) => {
    const named = frame.fields.map((field) => ({ field, name: displayNameOf(field, frame, kept) }));
    named.sort((a, b) => place(a.name) - place(b.name));
    return {
      ...frame,
      fields: named.map(({ field, name }) => {
        const wanted = names[displayNameOf(field, frame)] ?? names[name];
        return typeof wanted === "string" && wanted ? { ...field, config: { ...field.config, displayName: wanted } } : field;
      }),
    };
  });
};

const labelsToFields: Transform = (frames, options) => {
  const keep = texts(options["keepLabels"]);
  const wanted = (name: string): boolean => keep.length === 0 || keep.includes(name);
  if (options["mode"] === "rows") {
    return frames.flatMap((frame) =>
      frame.fields.filter((field) => field.labels).map((field) => {
        const labels = Object.entries(field.labels!).filter(([name]) => wanted(name));
        return withFields({ ...frame, name: displayNameOf(field, frame, frames) }, [
          { name: "label", type: "string", values: labels.map(([name]) => name), config: {} },
          { name: "value", type: "string", values: labels.map(([, value]) => value), config: {} },
        ]);
      }),
    );
  }
  const spread = frames.map((frame) => {
    const fields: Field[] = [];
    const found = new Map<string, Set<string>>();
    for (const field of frame.fields) {
      if (!field.labels) {
        fields.push(field);
        continue;
      }
      const { displayName: _own, displayNameFromDS: _given, ...config } = field.config;
      const bare: Field = { name: field.name, type: field.type, values: field.values, config };
      fields.push(bare);
      for (const [name, value] of Object.entries(field.labels)) {
        if (!wanted(name)) continue;
        if (options["valueLabel"] === name) bare.name = value;
        else found.set(name, (found.get(name) ?? new Set()).add(value));
      }
    }
    for (const [name, values] of found) {
      for (const value of values) {
        fields.push({ name, type: "string", values: new Array(frame.length).fill(value), config: {} });
      }
    }
    return { ...frame, fields };
  });
  return merge(spread, {});
};

const merge: Transform = (frames) => {
  const filled = frames.filter((frame) => frame.fields.length > 0);
  if (frames.length <= 1 || filled.length === 0) return frames;
  const columns: Field[] = [];
  for (const frame of filled) {
    for (const field of frame.fields) {
      if (columns.some((column) => column.name === field.name)) continue;
      const { displayName: _own, ...config } = field.config;
      columns.push({ name: field.name, type: field.type, values: [], config });
    }
  }
  const keys = columns.filter((column) => filled.every((frame) => frame.fields.some((field) => field.name === column.name)));
  if (keys.length === 0) return frames;
  const rows: Record<string, unknown>[] = [];
  const byKey = new Map<string, number[]>();
  const fits = (existing: Record<string, unknown>, row: Record<string, unknown>): boolean =>
    Object.entries(row).every(([name, value]) => existing[name] === undefined || existing[name] === null || existing[name] === value);
  for (const frame of filled) {
    for (let at = 0; at < frame.length; at += 1) {
      const row: Record<string, unknown> = {};
      for (const field of frame.fields) row[field.name] = field.values[at];
      const key = JSON.stringify(keys.map((column) => String(row[column.name])));
      const same = byKey.get(key) ?? [];
      byKey.set(key, same);
      const into = same.filter((place) => fits(rows[place]!, row));
      if (into.length === 0) same.push(rows.push(row) - 1);
      else for (const place of into) rows[place] = { ...rows[place], ...row };
    }
  }
  for (const column of columns) column.values = rows.map((row) => row[column.name] ?? null);
  return [{ refId: "merge", fields: columns, length: rows.length }];
};

/** Numbers by size, texts as people count ("node2" before "node10"); nothing comes first. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === null || a === undefined || b === null || b === undefined) {
    return Number(a !== null && a !== undefined) - Number(b !== null && b !== undefined);
  }
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return String(a).localeCompare(String(b), undefined, { numeric: true, sensitivity: "base" });
}

const sortBy: Transform = (frames, options) => {
  const rule = record((options["sort"] as unknown[] | undefined)?.[0]);
  return frames.map((frame) => {
    const column = frame.fields.find((field) => displayNameOf(field, frame) === rule["field"]);
    if (!column) return frame;
    const rows = column.values.map((_value, row) => row);
    const sign = rule["desc"] ? -1 : 1;
    return keepRows(frame, rows.sort((a, b) => sign * compareValues(column.values[a], column.values[b])));
  });
};

const reduceFrames: Transform = (frames, options) => {
  const reducers = texts(options["reducers"]);
  if (reducers.length === 0) return frames;
  const given = record(options["fields"]);
  const byFields = options["mode"] === "reduceFields";
  const matches = given["id"]
    ? fieldMatcher(String(given["id"]), given["options"])
    : (field: Field): boolean => field.type !== "time" || (byFields && Boolean(options["includeTimeField"]));
  const cleaned = (field: Field, id: string): Field["config"] => (keepsUnit(id) ? field.config : { ...field.config, unit: undefined });
  if (byFields) {
    return frames.flatMap((frame) => {
      const fields = frame.fields.filter((field) => matches(field, frame, frames)).flatMap((field) =>
        reducers.map((id): Field => ({
          ...field,
          labels: reducers.length > 1 ? { ...field.labels, reducer: reducerName(id) } : { ...field.labels },
          values: [reduce(field.values, id)],
          config: cleaned(field, id),
        })),
      );
      return fields.length > 0 ? [{ ...frame, fields, length: 1 }] : [];
    });
  }
  const spread = Boolean(options["labelsToFields"]);
  const labelNames = spread
    ? [...new Set(frames.flatMap((frame) => frame.fields.flatMap((field) => Object.keys(field.labels ?? {}))))]
    : [];
  const sources = frames.flatMap((frame) =>
    frame.fields.filter((field) => matches(field, frame, frames)).map((field) => ({ field, frame })),
  );
  if (sources.length === 0) return [];
  const column = (name: string, type: Field["type"], values: unknown[]): Field => ({ name, type, values, config: {} });
  const fields = [
    column("Field", "string", sources.map(({ field, frame }) => (spread ? field.name : displayNameOf(field, frame, frames)))),
    ...labelNames.map((name) => column(name, "string", sources.map(({ field }) => field.labels?.[name] ?? ""))),
    ...reducers.map((id) => {
      const values = sources.map(({ field }) => reduce(field.values, id) ?? NaN);
      return column(reducerName(id), values.every((value) => typeof value === "number") ? "number" : "string", values);
    }),
  ];
  return [{ refId: "reduce", fields, length: sources.length }];
};

/** Frames beside each other on one column's values; outer keeps every value, inner those all frames have. */
const join: Transform = (frames, options) => {
  if (frames.length <= 1) return frames;
  const wanted = String(options["byField"] ?? "");
  const keyOf = (frame: Frame): Field | undefined =>
    frame.fields.find((field) => field.name === wanted || displayNameOf(field, frame, frames) === wanted) ??
    (wanted ? undefined : frame.fields.find((field) => field.type === "time"));
  const joined = frames.flatMap((frame) => {
    const key = keyOf(frame);
    return key ? [{ frame, key }] : [];
  });
  if (joined.length === 0) return frames;
  const counts = new Map<unknown, number>();
  for (const { key } of joined) for (const value of new Set(key.values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  const keys = [...counts.keys()].filter((key) => options["mode"] !== "inner" || counts.get(key) === joined.length);
  if (joined[0]!.key.type !== "string") keys.sort(compareValues);
  const fields: Field[] = [{ ...joined[0]!.key, values: keys }];
  for (const { frame, key } of joined) {
    const rowOf = new Map(key.values.map((value, row) => [value, row]));
    for (const field of frame.fields) {
      if (field === key) continue;
      const values = keys.map((value) => {
        const row = rowOf.get(value);
        return row === undefined ? null : field.values[row];
      });
      const name = frame.name && field.name === "Value" ? { labels: { name: frame.name, ...field.labels } } : {};
      fields.push({ ...field, ...name, values });
    }
  }
  return [{ refId: "join", fields, length: keys.length }];
};

const renameByRegex: Transform = (frames, options) => {
  const pattern = looseRegex(String(options["regex"] ?? ""));
  if (!pattern || !options["regex"]) return frames;
  const by = String(options["renamePattern"] ?? "");
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      const name = displayNameOf(field, frame, frames);
      return pattern.test(name) ? { ...field, config: { ...field.config, displayName: name.replace(pattern, by) } } : field;
    }),
  }));
};

const seriesToRows: Transform = (frames) => {
  const rows = frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === "time");
    return frame.fields.filter((field) => field.type === "number").flatMap((field) =>
      field.values.map((value, at) => ({ time: time?.values[at] ?? null, metric: displayNameOf(field, frame, frames), value })),
    );
  });
  rows.sort((a, b) => Number(b.time) - Number(a.time));
  return [{
    fields: [
      { name: "Time", type: "time", values: rows.map((row) => row.time), config: {} },
      { name: "Metric", type: "string", values: rows.map((row) => row.metric), config: {} },
      { name: "Value", type: "number", values: rows.map((row) => row.value), config: {} },
    ],
    length: rows.length,
  }];
};

const limit: Transform = (frames, options) => {
  const most = Number(options["limitField"] ?? 10);
  return frames.map((frame) => keepRows(frame, Array.from({ length: Math.min(most, frame.length) }, (_, row) => row)));
};

const filterByRefId: Transform = (frames, options) => {
  const wanted = String(options["include"] ?? "").split("|");
  return options["include"] ? frames.filter((frame) => wanted.includes(frame.refId ?? "")) : frames;
};

const TRANSFORMS: Record<string, Transform> = {
  organize, labelsToFields, merge, sortBy, filterFieldsByName: filterFields, reduce: reduceFrames, joinByField: join,
  seriesToColumns: join, renameByRegex, seriesToRows, limit, filterByRefId,
};

/** Apply all transformations of a panel. */
export function transformed(frames: readonly Frame[], transformations: readonly Transformation[] | undefined): Frame[] {
  let current = [...frames];
  for (const { id, disabled, options } of transformations ?? []) {
    const transform = id && !disabled ? TRANSFORMS[id] : undefined;
    if (transform) current = transform(current, options ?? {});
  }
  return current;
}

/** Ids of transformations that the viewer does not know, to be said to the reader. */
export function unknownTransformations(transformations: readonly Transformation[] | undefined): string[] {
  return (transformations ?? []).flatMap(({ id, disabled }) => (id && !disabled && !(id in TRANSFORMS) ? [id] : []));
}
