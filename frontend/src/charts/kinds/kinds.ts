/** Panel types by name, and whether they need data; what draws them lies in `parts.ts`, which is loaded beside. */

const NEEDS_DATA: Readonly<Record<string, boolean>> = {
  timeseries: true, stat: true, gauge: true, bargauge: true, piechart: true, table: true, text: false,
};

export interface PanelKind {
  type: string;
  needsData: boolean;
}

/** The kind of a panel type; null for one that is not drawn. */
export function panelKind(type: string | undefined): PanelKind | null {
  return type && Object.hasOwn(NEEDS_DATA, type) ? { type, needsData: NEEDS_DATA[type]! } : null;
}
