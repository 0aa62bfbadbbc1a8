/** Stacking: series of one group, axis and style pile up, those below zero downwards; in percent they share out 1. */
import type { Sample } from "./align";

export interface Stackable {
  values: Sample[];
  /** Series with the same key are stacked on each other; null is not stacked. */
  group: string | null;
  percent: boolean;
}

export interface Stacked {
  values: Sample[];
  /** Index of the series this one stands on, -1 for the axis, null when it is not stacked. */
  on: number | null;
  below: boolean;
}

const isBelow = (values: readonly Sample[]): boolean => {
  let sum = 0;
  for (const value of values) if (typeof value === "number") sum += value;
  return sum < 0;
};

/** Values to draw for each series, in the given order. */
export function stack(series: readonly Stackable[]): Stacked[] {
  const keys = series.map(({ group, values }) => (group === null ? null : `${group}|${isBelow(values) ? "-" : "+"}`));
  const totals = new Map<string, number[]>();
  const sums = new Map<string, number[]>();
  series.forEach(({ values, percent }, index) => {
    const key = keys[index];
    if (!key || !percent) return;
    const total = totals.get(key) ?? new Array<number>(values.length).fill(0);
    values.forEach((value, at) => (total[at]! += typeof value === "number" ? value : 0));
    totals.set(key, total);
  });
  const last = new Map<string, number>();
  return series.map(({ values, percent }, index) => {
    const key = keys[index];
    if (!key) return { values, on: null, below: false };
    const sum = sums.get(key) ?? new Array<number>(values.length).fill(0);
    const below = key.endsWith("-");
    const total = totals.get(key);
    const drawn = values.map((value, at): Sample => {
      if (typeof value !== "number") return value;
      const size = total?.[at] ?? 0;
      const share = percent ? (size === 0 ? 0 : (value / size) * (below ? -1 : 1)) : value;
      // Shares add up to one but for rounding, and an axis must not grow for a billionth.
      const grown = sum[at]! + share;
      return (sum[at] = percent ? Math.max(-1, Math.min(1, grown)) : grown);
    });
    sums.set(key, sum);
    const on = last.get(key) ?? -1;
    last.set(key, index);
    return { values: drawn, on, below };
  });
}
