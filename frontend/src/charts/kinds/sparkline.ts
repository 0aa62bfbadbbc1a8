/** The small area behind a stat's number, as an SVG path; nothing interactive. */
import type { TimeRange } from "../../lib/time/relative";
import { withAlpha } from "../display/colors";
import type { Field } from "../display/field";
import { type TreeElement, svg } from "../tree";

const LINE_PX = 1;

export interface SparkPaths {
  line: string;
  area: string;
}

const numberAt = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);

/** Line and area in a `width` × `height` box over a time range; gaps lift the pen, a flat line lies at the middle. */
export function sparkPaths(times: readonly number[], values: readonly unknown[], range: TimeRange, width: number, height: number, min?: number | null, max?: number | null): SparkPaths {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    const number = numberAt(value);
    if (number === null) continue;
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  if (low > high) return { line: "", area: "" };
  if (low === high) [low, high] = low === 0 ? [0, 100] : low > 0 ? [0, low * 2] : [low * 2, 0];
  [low, high] = [min ?? low, max ?? high];
  const x = (time: number): number => ((time - range.from) / (range.to - range.from || 1)) * width;
  const y = (value: number): number => LINE_PX + (1 - (value - low) / (high - low || 1)) * (height - 2 * LINE_PX);
  const round = (value: number): string => (Math.round(value * 10) / 10).toString();
  const runs: string[][] = [];
  const edges: [number, number][] = [];
  let open = false;
  times.forEach((time, at) => {
    const number = numberAt(values[at]);
    if (number === null) {
      open = false;
      return;
    }
    if (!open) {
      runs.push([]);
      edges.push([x(time), x(time)]);
      open = true;
    }
    runs[runs.length - 1]!.push(`${round(x(time))} ${round(y(number))}`);
    edges[edges.length - 1]![1] = x(time);
  });
  const line = runs.map((points) => `M${points.join("L")}`).join("");
  const area = runs.map((points, at) =>
    `M${round(edges[at]![0])} ${round(height)}L${points.join("L")}L${round(edges[at]![1])} ${round(height)}Z`).join("");
  return { line, area };
}

export function sparkline(time: Field, value: Field, range: TimeRange, width: number, height: number, stroke: string, fill = withAlpha(stroke, 0.2)): TreeElement {
  const { line, area } = sparkPaths(time.values as number[], value.values, range, width, height, value.config.min, value.config.max);
  return svg("svg", { class: "dw-spark", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("path", { d: area, fill }),
    svg("path", { d: line, fill: "none", stroke, "stroke-width": LINE_PX, "stroke-linejoin": "round" }));
}
