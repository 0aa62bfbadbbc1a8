/** The words of data: a frame is a table of fields, a field a named column with its configuration. */
import type { ColorConfig } from "./fieldcolor";
import type { ValueMapping } from "./mappings";
import type { Thresholds } from "./thresholds";

export type FieldType = "time" | "number" | "string" | "boolean" | "other";

export type Labels = Readonly<Record<string, string>>;

/** `fieldConfig.defaults` with a datasource's and overrides' additions. `custom` is each panel type's own. */
export interface FieldConfig {
  unit?: string;
  decimals?: number | null;
  min?: number | null;
  max?: number | null;
  fieldMinMax?: boolean;
  displayName?: string;
  displayNameFromDS?: string;
  noValue?: string;
  color?: ColorConfig;
  thresholds?: Thresholds;
  mappings?: ValueMapping[];
  custom?: Record<string, unknown>;
}

export interface Range {
  min: number;
  max: number;
}

export interface Field {
  name: string;
  type: FieldType;
  values: unknown[];
  labels?: Labels;
  config: FieldConfig;
  /** Filled in when overrides are applied: place among all series, what to call it, range of all series. */
  seriesIndex?: number;
  displayName?: string;
  range?: Range;
}

export interface Frame {
  refId?: string;
  name?: string;
  fields: Field[];
  length: number;
  /** Distance of its times where the query had one, ms; longer gaps are gaps. */
  stepMs?: number;
}
