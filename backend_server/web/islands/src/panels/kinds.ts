/** Panel types by name: what draws them, and whether they need data. */
import { mountBarGauge } from "./bargauge";
import { mountGauge } from "./gauge";
import { mountPie } from "./piechart";
import { mountStat } from "./stat";
import { mountTable } from "./table";
import { mountText } from "./text";
import { mountTimeSeries } from "./timeseries/mount";
import type { MountPanel } from "./view";

export interface PanelKind {
  mount: MountPanel;
  needsData: boolean;
}

const KINDS: Record<string, PanelKind> = {
  timeseries: { mount: mountTimeSeries, needsData: true },
  stat: { mount: mountStat, needsData: true },
  gauge: { mount: mountGauge, needsData: true },
  bargauge: { mount: mountBarGauge, needsData: true },
  piechart: { mount: mountPie, needsData: true },
  table: { mount: mountTable, needsData: true },
  text: { mount: mountText, needsData: false },
};

/** The kind of a panel type; null for one that is not drawn. */
export function panelKind(type: string | undefined): PanelKind | null {
  return type && Object.hasOwn(KINDS, type) ? KINDS[type]! : null;
}
