/** The parts of a classic (v1) dashboard document that the viewer reads; everything is optional, since people write these files. */
import type { FieldConfig } from "../display/field";

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Target {
  refId?: string;
  hide?: boolean;
  format?: string;
  legendFormat?: string;
  instant?: boolean;
}

export interface OverrideRule {
  matcher?: { id?: string; options?: unknown };
  properties?: { id?: string; value?: unknown }[];
}

export interface FieldConfigSource {
  defaults?: FieldConfig;
  overrides?: OverrideRule[];
}

export interface Transformation {
  id?: string;
  disabled?: boolean;
  options?: Record<string, unknown>;
}

export interface Panel {
  id?: number;
  type?: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  gridPos?: Partial<GridPos>;
  targets?: Target[];
  fieldConfig?: FieldConfigSource;
  options?: Record<string, unknown>;
  transformations?: Transformation[];
  panels?: Panel[];
  collapsed?: boolean;
  timeFrom?: string;
  hideTimeOverride?: boolean;
}

export interface DashboardDocument {
  title?: string;
  timezone?: string;
  refresh?: string | boolean;
  time?: { from?: string; to?: string };
  panels?: Panel[];
  timepicker?: { hidden?: boolean; refresh_intervals?: string[] };
}
