/** Reducing a series to one number the way Grafana's calculations do, gaps and all. */

export type Reduced = number | string | boolean | null | undefined | unknown[];

/** Results for a series without any value; what is not named here is null. */
const OF_NOTHING: Record<string, Reduced> = { sum: 0, count: 0, countAll: 0, allIsNull: true, allIsZero: false };

const ALIASES: Record<string, string> = { current: "lastNotNull", avg: "mean", total: "sum" };

type Values = readonly unknown[];

const isGap = (value: unknown): boolean => value === null || value === undefined;
const isGapOrNaN = (value: unknown): boolean => isGap(value) || Number.isNaN(value);

function numbers(values: Values): number[] {
  return values.filter((value) => typeof value === "number" && !Number.isNaN(value)) as number[];
}

function first(values: Values): unknown {
  return values.find((value) => !isGapOrNaN(value)) ?? null;
}

function last(values: Values): unknown {
  for (let at = values.length - 1; at >= 0; at -= 1) if (!isGapOrNaN(values[at])) return values[at];
  return null;
}

// These two run over every point of a chart, so they make no list of their own; NaN compares as false.
function least(values: Values): number | null {
  let result = Number.MAX_VALUE;
  for (const value of values) if (typeof value === "number" && value < result) result = value;
  return result === Number.MAX_VALUE ? null : result;
}

function most(values: Values): number | null {
  let result = -Number.MAX_VALUE;
  for (const value of values) if (typeof value === "number" && value > result) result = value;
  return result === -Number.MAX_VALUE ? null : result;
}

function total(found: number[]): number {
  let sum = 0;
  for (const value of found) sum += value;
  return sum;
}

function difference(values: Values): number | null {
  const from = first(values);
  const to = last(values);
  return typeof from === "number" && typeof to === "number" ? to - from : null;
}

/** Smallest positive value, for logarithmic axes. */
function leastPositive(found: number[]): number {
  let result = Number.MAX_VALUE;
  for (const value of found) if (value > 0 && value < result) result = value;
  return result;
}

function smallestStep(found: number[]): number | null {
  let result = Number.MAX_VALUE;
  for (let at = 1; at < found.length; at += 1) result = Math.min(result, found[at]! - found[at - 1]!);
  return result === Number.MAX_VALUE ? null : result;
}

/** Growth of a counter: a fall is a reset, and the step right after a fall is not counted. */
function growth(found: number[]): number {
  let sum = 0;
  let rising = true;
  for (let at = 1; at < found.length; at += 1) {
    const step = found[at]! - found[at - 1]!;
    if (step < 0) rising = false;
    else {
      if (rising) sum += step;
      rising = true;
    }
  }
  return sum;
}

/** Welford's running variance of the whole population, NaN included as it comes. */
function variance(values: Values): number {
  let mean = 0;
  let squares = 0;
  let count = 0;
  for (const value of values as readonly (number | null | undefined)[]) {
    if (value === null || value === undefined) continue;
    count += 1;
    const before = mean;
    mean += (value - before) / count;
    squares += (value - before) * (value - mean);
  }
  return count > 0 ? squares / count : 0;
}

function ascending(values: Values): number[] {
  return (values.filter((value) => value !== null) as number[]).sort((a, b) => a - b);
}

function median(values: Values): number {
  const sorted = ascending(values.filter((value) => value !== undefined));
  const middle = Math.floor(sorted.length / 2);
  // With nothing left this is NaN, not null: Grafana divides undefined by two here.
  return sorted.length % 2 === 0 ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[middle]!;
}

function changes(values: Values): number {
  const kept = values.filter((value) => value !== null);
  let count = 0;
  for (let at = 1; at < kept.length; at += 1) if (kept[at] !== kept[at - 1]) count += 1;
  return count;
}

const isNumeric = (values: Values): boolean => values.every((value) => isGap(value) || typeof value === "number");

const REDUCERS: Record<string, (values: Values) => Reduced> = {
  last: (values) => values[values.length - 1] as Reduced,
  lastNotNull: (values) => last(values) as Reduced,
  first: (values) => values[0] as Reduced,
  firstNotNull: (values) => first(values) as Reduced,
  min: least,
  max: most,
  mean: (values) => {
    const found = numbers(values);
    return found.length > 0 ? total(found) / found.length : null;
  },
  sum: (values) => total(numbers(values)),
  count: (values) => values.filter((value) => !isGap(value)).length,
  countAll: (values) => values.length,
  range: (values) => {
    const low = least(values);
    const high = most(values);
    return low === null || high === null ? null : high - low;
  },
  delta: (values) => growth(numbers(values)),
  step: (values) => smallestStep(numbers(values)),
  diff: difference,
  diffperc: (values) => {
    const from = first(values);
    const change = difference(values);
    return typeof from === "number" && change !== null ? (change / from) * 100 : 0;
  },
  logmin: (values) => leastPositive(numbers(values)),
  allIsZero: (values) => {
    const found = values.filter((value) => !isGapOrNaN(value));
    return found.length > 0 && found.every((value) => value === 0);
  },
  allIsNull: (values) => numbers(values).length === 0,
  changeCount: changes,
  distinctCount: (values) => new Set(values.filter((value) => value !== null)).size,
  variance: (values) => (isNumeric(values) ? variance(values) : 0),
  stdDev: (values) => (isNumeric(values) ? Math.sqrt(variance(values)) : 0),
  median,
  allValues: (values) => [...values],
  uniqueValues: (values) => [...new Set(values)],
};

/** How a calculation is called in legends and table heads. */
const NAMES: Record<string, string> = {
  lastNotNull: "Last *", last: "Last", firstNotNull: "First *", first: "First", min: "Min", max: "Max", mean: "Mean",
  median: "Median", variance: "Variance", stdDev: "StdDev", sum: "Total", count: "Count", countAll: "Count all",
  range: "Range", delta: "Delta", step: "Step", diff: "Difference", logmin: "Min (above zero)", allIsZero: "All Zeros",
  allIsNull: "All Nulls", changeCount: "Change Count", distinctCount: "Distinct Count", diffperc: "Difference percent",
  allValues: "All values", uniqueValues: "All unique values",
};

/** Calculations whose result is no longer in the series' unit. */
const UNITLESS = new Set(["count", "countAll", "allIsNull", "changeCount", "distinctCount", "diffperc", "allValues"]);

export function canonicalReducer(id: string): string {
  return ALIASES[id] ?? id;
}

export function reducerName(id: string): string {
  const known = canonicalReducer(id);
  const percentile = /^p(\d{1,2})$/.exec(known);
  if (!percentile) return NAMES[known] ?? id;
  const nth = Number(percentile[1]);
  const ending = nth > 3 && nth < 21 ? "th" : (["th", "st", "nd", "rd"][nth % 10] ?? "th");
  return `${nth}${ending} %`;
}

export function keepsUnit(id: string): boolean {
  return !UNITLESS.has(canonicalReducer(id));
}

/** The result of one calculation over a series; null for an unknown calculation. */
export function reduce(values: Values, id: string): Reduced {
  const known = canonicalReducer(id);
  if (values.length === 0) return OF_NOTHING[known] ?? null;
  const percentile = /^p(\d{1,2})$/.exec(known);
  if (percentile) {
    const sorted = ascending(values);
    return sorted[Math.round((sorted.length - 1) * (Number(percentile[1]) / 100))] ?? null;
  }
  return REDUCERS[known]?.(values) ?? (known in REDUCERS ? undefined : null);
}
