/**
 * All that makes pictures of answers: frames, formats, charts. A chunk of its own: the page asks its first questions
 * before this has been read, and most of it is read while they are answered.
 */
import { mountTimeSeries } from "../timeseries/view";
import { drawBarGauge } from "./bargauge";
import { drawGauge } from "./gauge";
import { drawPie } from "./piechart";
import { drawStat } from "./stat";
import { tableChart } from "./table";
import { drawText } from "./text";
import { type MountPanel, choosing, still } from "./view";

export { browser } from "../browser";
export { provideColormap } from "../display/fieldcolor";
export { withFieldConfig } from "../frames/overrides";
export { framesOf } from "../frames/prometheus";
export { transformed, unknownTransformations } from "../frames/transform";

export const MOUNTS: Readonly<Record<string, MountPanel>> = {
  timeseries: mountTimeSeries,
  stat: still(drawStat),
  gauge: still(drawGauge),
  bargauge: still(drawBarGauge),
  piechart: still(drawPie),
  table: choosing(tableChart),
  text: still(drawText),
};
