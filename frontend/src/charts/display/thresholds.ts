/** Thresholds: ordered steps, each holding from its value up; the first one from minus infinity. */
import { FALLBACK } from "./colors";

export interface ThresholdStep {
  value: number | null;
  color: string;
}

export interface Thresholds {
  mode?: "absolute" | "percentage";
  steps?: readonly ThresholdStep[];
}

/** Where a step begins; the first step's null is minus infinity. */
export function stepStart(step: ThresholdStep): number {
  return step.value ?? -Infinity;
}

/** Colour name of the step a value (or, in percentage mode, its share of the range) has reached. */
export function thresholdColor(thresholds: Thresholds | undefined, value: number, percent: number): string {
  return activeStep(thresholds, value, percent)?.color ?? FALLBACK;
}

export function activeStep(thresholds: Thresholds | undefined, value: number, percent: number): ThresholdStep | undefined {
  const steps = thresholds?.steps ?? [];
  const measured = thresholds?.mode === "percentage" ? percent * 100 : value;
  let active = steps[0];
  for (const step of steps) {
    if (!(measured >= stepStart(step))) break;
    active = step;
  }
  return active;
}

/** Steps as absolute values in a range, for lines and areas; minus infinity stays. */
export function absoluteSteps(thresholds: Thresholds | undefined, min: number, max: number): { value: number; color: string }[] {
  return (thresholds?.steps ?? []).map((step) => {
    const start = stepStart(step);
    const value = thresholds?.mode === "percentage" && Number.isFinite(start) ? min + ((max - min) * start) / 100 : start;
    return { value, color: step.color };
  });
}
