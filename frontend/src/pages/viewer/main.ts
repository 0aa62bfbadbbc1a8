/** Entry of the viewer's page: reads the data in it and starts. */
import "uplot/dist/uPlot.min.css";
import "../../styles/tokens.css";
import "../../styles/viewer/page.css";
import "../../styles/viewer/panel.css";
import "../../styles/viewer/timeseries.css";
import "../../styles/viewer/values.css";
import "../../styles/viewer/table.css";
import "../../styles/viewer/text.css";
import "../../styles/viewer/narrow.css";
import { loadDrawing } from "./drawing";
import { Page } from "./page";
import type { PageData } from "./settings";

const text = document.getElementById("dashwright-data")?.textContent;
if (text) {
  // What draws is read while the first questions are under way; a failure is told by the panels that need it.
  loadDrawing(text).catch(() => undefined);
  new Page(JSON.parse(text) as PageData).start();
}
