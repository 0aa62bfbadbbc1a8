/** Series of different times on one time axis: null is a gap, undefined only a place where another series has a point. */
import type { Field, Frame } from "../display/field";

export type Sample = number | null | undefined;

export interface AlignedSeries {
  field: Field;
  frame: Frame;
  values: Sample[];
}

export interface Aligned {
  times: number[];
  series: AlignedSeries[];
}

interface Source {
  field: Field;
  frame: Frame;
  times: number[];
}

function sources(frames: readonly Frame[]): Source[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === "time");
    if (!time) return [];
    return frame.fields.filter((field) => field.type === "number" || field.type === "boolean")
      .map((field) => ({ field, frame, times: time.values as number[] }));
  });
}

const clean = (value: unknown): number | null => {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
};

function sameTimes(all: readonly Source[]): boolean {
  const first = all[0]?.times;
  return all.every(({ times }) => times === first || (times.length === first!.length && times.every((time, at) => time === first![at])));
}

function hasHole(times: readonly number[], stepMs: number | null): boolean {
  if (!stepMs) return false;
  for (let at = 1; at < times.length; at += 1) if (times[at]! - times[at - 1]! > stepMs * 1.5) return true;
  return false;
}

/** `spanNulls` of a series: true joins all gaps, a number those shorter than it (ms). */
function joinGaps(values: Sample[], times: readonly number[], span: unknown): void {
  if (typeof span !== "number") return;
  let lastAt = -1;
  for (let at = 0; at < values.length; at += 1) {
    if (typeof values[at] !== "number") continue;
    if (lastAt >= 0 && times[at]! - times[lastAt]! < span) values.fill(undefined, lastAt + 1, at);
    lastAt = at;
  }
}

/** All number fields of the frames over the union of their times, gaps longer than a frame's step (or `stepMs`) marked. */
export function align(frames: readonly Frame[], stepMs: number | null): Aligned {
  const all = sources(frames);
  if (all.length === 0) return { times: [], series: [] };
  const finish = (times: number[], series: AlignedSeries[]): Aligned => {
    for (const one of series) joinGaps(one.values, times, one.field.config.custom?.["spanNulls"]);
    return { times, series };
  };
  const stepOf = ({ frame }: Source): number | null => frame.stepMs ?? stepMs;
  if (sameTimes(all) && !all.some((source) => hasHole(source.times, stepOf(source)))) {
    return finish(all[0]!.times.slice(), all.map(({ field, frame }) => ({ field, frame, values: field.values.map(clean) })));
  }
  const union = new Set<number>();
  const holes = all.map((source) => {
    const { times } = source;
    const step = stepOf(source);
    const found: number[] = [];
    times.forEach((time, at) => {
      union.add(time);
      if (step && at > 0 && time - times[at - 1]! > step * 1.5) found.push(times[at - 1]! + step);
    });
    for (const time of found) union.add(time);
    return found;
  });
  const times = [...union].sort((a, b) => a - b);
  const place = new Map(times.map((time, at) => [time, at]));
  return finish(times, all.map((source, index) => {
    const values = new Array<Sample>(times.length).fill(undefined);
    for (const time of holes[index]!) values[place.get(time)!] = null;
    source.times.forEach((time, at) => {
      values[place.get(time)!] = clean(source.field.values[at]);
    });
    return { field: source.field, frame: source.frame, values };
  }));
}

/** `custom.transform`: mirrored below zero, or one value all along. */
export function applyTransform(series: AlignedSeries): Sample[] {
  const kind = series.field.config.custom?.["transform"];
  if (kind === "negative-Y") return series.values.map((value) => (typeof value === "number" ? -value : value));
  if (kind === "constant") {
    const first = series.values.find((value) => typeof value === "number");
    return series.values.map(() => first ?? null);
  }
  return series.values;
}
