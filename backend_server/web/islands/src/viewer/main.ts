/** Entry of the viewer's page: reads the data in it and starts. */
import "uplot/dist/uPlot.min.css";
import "../styles/tokens.css";
import "./styles/page.css";
import "./styles/panel.css";
import "./styles/timeseries.css";
import "./styles/values.css";
import "./styles/table.css";
import "./styles/text.css";
import "./styles/narrow.css";
import { loadDrawing } from "./drawing";
import { Page } from "./page";
import type { PageData } from "./settings";

const text = document.getElementById("dashwright-data")?.textContent;
if (text) {
  // What draws is read while the first questions are under way; a failure is told by the panels that need it.
  loadDrawing(text).catch(() => undefined);
  new Page(JSON.parse(text) as PageData).start();
}
