/**
 * All that makes pictures of answers: frames, formats, charts. A chunk of its own: the page asks its first questions
 * before this has been read, and most of it is read while they are answered.
 */
import { mountBarGauge } from "./bargauge";
import { mountGauge } from "./gauge";
import { mountPie } from "./piechart";
import { mountStat } from "./stat";
import { mountTable } from "./table";
import { mountText } from "./text";
import { mountTimeSeries } from "../timeseries/mount";
import type { MountPanel } from "./view";

export { provideColormap } from "../display/fieldcolor";
export { withFieldConfig } from "../frames/overrides";
export { framesOf } from "../frames/prometheus";
export { transformed, unknownTransformations } from "../frames/transform";

export const MOUNTS: Readonly<Record<string, MountPanel>> = {
  timeseries: mountTimeSeries,
  stat: mountStat,
  gauge: mountGauge,
  bargauge: mountBarGauge,
  piechart: mountPie,
  table: mountTable,
  text: mountText,
};
