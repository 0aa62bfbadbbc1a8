/** Prometheus' own JSON answers as Grafana's frames: one frame per series, or one table per query. */
import type { Field, Frame, Labels } from "../display/field";
import type { Target } from "./document";
import { displayNameOf } from "./names";

interface Series {
  metric?: Record<string, string>;
  values?: [number, string][];
  value?: [number, string];
}

/** One query's part of our data answer. */
export interface QueryResult {
  status: number;
  instant?: boolean;
  step_ms?: number;
  answer?: unknown;
  error?: string;
}

/** `+Inf`, `-Inf` and `NaN` are words in Prometheus' JSON. */
export function parseSample(text: string): number {
  const number = Number(text);
  if (!Number.isNaN(number)) return number;
  return text === "+Inf" || text === "Inf" ? Infinity : text === "-Inf" ? -Infinity : NaN;
}

/** `up{instance="a", job="b"}`, quoted as Go quotes; `{}` without any label. */
export function metricName(labels: Labels): string {
  const pairs = Object.keys(labels).filter((name) => name !== "__name__").sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`);
  const name = labels["__name__"];
  if (pairs.length === 0) return name ?? "{}";
  return `${name ?? ""}{${pairs.join(", ")}}`;
}

/** What `legendFormat` makes of a series' labels; empty when the field's own name should be used (`__auto`). */
export function legendName(format: string | undefined, labels: Labels, whenEmpty: string): string {
  let legend: string;
  if (format === "__auto") legend = Object.keys(labels).length > 0 ? "" : metricName(labels);
  else if (format) legend = format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_all, name: string) => labels[name.trim()] ?? "");
  else legend = metricName(labels);
  return legend === "{}" ? whenEmpty : legend;
}

function seriesOf(answer: unknown): Series[] {
  const data = (answer as { data?: { resultType?: string; result?: unknown } } | null)?.data;
  if (!data) return [];
  if (data.resultType === "scalar" || data.resultType === "string") {
    return [{ metric: {}, value: data.result as [number, string] }];
  }
  return Array.isArray(data.result) ? (data.result as Series[]) : [];
}

function frameOf(series: Series, refId: string, target: Target, whenEmpty: string): Frame {
  const samples = series.values ?? (series.value ? [series.value] : []);
  const labels = series.metric ?? {};
  const times = new Array<number>(samples.length);
  const values = new Array<number>(samples.length);
  for (let at = 0; at < samples.length; at += 1) {
    const [time, value] = samples[at]!;
    times[at] = Math.round(time * 1000);
    values[at] = parseSample(value);
  }
  const legend = legendName(target.legendFormat, labels, whenEmpty);
  const value: Field = {
    name: labels["__name__"] ?? "Value",
    type: "number",
    values,
    labels,
    config: legend ? { displayNameFromDS: legend } : {},
  };
  return { refId, fields: [{ name: "Time", type: "time", values: times, config: {} }, value], length: samples.length };
}

/** Series of one query as rows: Time, a column per label, the value. */
function tableOf(frames: Frame[], refId: string, valueName: string): Frame {
  const labelNames: string[] = [];
  for (const frame of frames) {
    for (const name of Object.keys(frame.fields[1]?.labels ?? {}).sort()) {
      if (!labelNames.includes(name)) labelNames.push(name);
    }
  }
  const rows: { time: unknown; labels: Labels; value: unknown }[] = [];
  for (const frame of frames) {
    const [times, values] = frame.fields;
    times!.values.forEach((time, at) => rows.push({ time, labels: values!.labels ?? {}, value: values!.values[at] }));
  }
  const ordered = rows.every((row, at) => at === 0 || Number(row.time) >= Number(rows[at - 1]!.time));
  if (!ordered) rows.sort((a, b) => Number(a.time) - Number(b.time));
  const fields: Field[] = [
    { name: "Time", type: "time", values: rows.map((row) => row.time), config: {} },
    ...labelNames.map((name): Field => ({
      name, type: "string", values: rows.map((row) => row.labels[name] ?? ""), config: {},
    })),
    { name: valueName, type: "number", values: rows.map((row) => row.value), config: {} },
  ];
  return { refId, fields, length: rows.length };
}

const bound = (text: string | undefined): number => (text === undefined ? NaN : parseSample(text));

/** Cumulative histogram buckets, ordered by `le`, as the counts of each bucket alone; named by their upper bound. */
function bucketsOf(frames: Frame[]): Frame[] {
  const sorted = [...frames].sort((a, b) => bound(a.fields[1]?.labels?.["le"]) - bound(b.fields[1]?.labels?.["le"]));
  return sorted.map((frame, at) => {
    const value = frame.fields[1]!;
    const le = value.labels?.["le"];
    const below = at > 0 ? sorted[at - 1]!.fields[1]!.values : [];
    const counts = value.values.map((count, row) => Math.max(0, Number(count) - Number(below[row] ?? 0)));
    return {
      ...frame,
      name: le,
      fields: [frame.fields[0]!, { ...value, values: counts, config: le ? { displayNameFromDS: le } : value.config }],
    };
  });
}

/**
 * All queries of a panel as frames: time series first, then tables, then histograms, as Grafana orders them.
 * `unnamed` is what a series without labels is called: Grafana shows the query there, which a visitor does not get.
 */
export function framesOf(results: Readonly<Record<string, QueryResult>>, targets: readonly Target[], unnamed = "Value"): Frame[] {
  const lines: Frame[] = [];
  const tables: [string, Frame[]][] = [];
  const histograms: Frame[] = [];
  for (const [refId, result] of Object.entries(results)) {
    if (result.status !== 200) continue;
    const target = targets.find((each) => each.refId === refId) ?? {};
    const step = result.step_ms && !result.instant ? { stepMs: result.step_ms } : {};
    const frames = seriesOf(result.answer).map((series) => ({ ...frameOf(series, refId, target, unnamed), ...step }));
    if (target.format === "table") tables.push([refId, frames]);
    else if (target.format === "heatmap") histograms.push(...bucketsOf(frames));
    else lines.push(...frames);
  }
  nameAutomatically(lines, targets);
  const filled = tables.filter(([, frames]) => frames.length > 0);
  return [
    ...lines,
    ...filled.map(([refId, frames]) => tableOf(frames, refId, tables.length > 1 ? `Value #${refId}` : "Value")),
    ...histograms,
  ];
}

/** With `__auto` a metric's own name is left out where labels tell the series apart. */
function nameAutomatically(frames: Frame[], targets: readonly Target[]): void {
  const automatic = new Set(targets.filter((target) => target.legendFormat === "__auto").map((target) => target.refId));
  const named = frames.flatMap((frame) => {
    const field = frame.fields[1]!;
    const metric = field.labels?.["__name__"];
    if (!automatic.has(frame.refId) || !metric || metric !== field.name) return [];
    return [[field, displayNameOf({ ...field, name: "Value" }, frame, frames)] as const];
  });
  for (const [field, name] of named) field.config.displayNameFromDS = name;
}
