// Runs beside Grafana's page, before its scripts: asks how the link stands, covers the dashboard with a notice as soon as
// the link is no longer live, and tells the page around the frame. The page itself is Grafana's and is not touched.
import { onHostTheme, tellHost } from "../lib/host";
import { Cover } from "./relay/cover";
import { dashboardHeight } from "./relay/height";
import { LinkState } from "./relay/link-state";
import { watchPanels } from "./relay/panels";

const MEASURE_MS = 500;
const START_MS = 30_000;

const script = document.currentScript;
const stateUrl = script?.dataset["state"] ?? "";
// The prefix as this page's visitor sees it: a frontend may proxy us below a path of its own.
const prefix = script instanceof HTMLScriptElement ? new URL("..", script.src).pathname.replace(/\/$/, "") : "/grafana";
const token = /(?:^|\/)public-dashboards\/([0-9a-f]{32})\/state$/.exec(stateUrl)?.[1];
if (script && token) relay(token, stateUrl, script.dataset);

/** Grafana's scripts, which run after this one, ask and navigate below this path. */
function tellGrafana(): void {
  const { settings } = (window as { grafanaBootData?: { settings?: { appSubUrl?: string } } }).grafanaBootData ?? {};
  if (settings) settings.appSubUrl = prefix;
}

function relay(token: string, stateUrl: string, { refresh, theme: shownTheme, frame = "" }: DOMStringMap): void {
  tellGrafana();
  let loaded = false;
  let lastHeight = 0;
  const cover = new Cover();
  const link = new LinkState(stateUrl, Number(refresh), frame, (state, until) => {
    if (state !== "live") cover.show(state);
    tellHost({ type: state, state, until });
    if (state === "live") location.reload();
  });

  onHostTheme((theme) => {
    if (theme === shownTheme) return;
    // Grafana takes its theme when it starts; the range a visitor chose stands in the address.
    const address = new URL(location.href);
    address.searchParams.set("theme", theme);
    location.replace(address);
  });
  watchPanels(`${prefix}/api/public/dashboards/${token}`, {
    onShown: () => {
      if (loaded) return;
      loaded = true;
      tellHost({ type: "loaded", title: document.title, height: dashboardHeight() });
    },
    onRefused: async () => {
      await link.askAnew();
      return link.shown === "live";
    },
    onFailure: (panelId, message) => {
      if (link.shown === "live") tellHost({ type: "error", panelId, message });
    },
  });

  setInterval(() => {
    const height = link.shown === "live" ? dashboardHeight() : 0;
    if (height && height !== lastHeight) tellHost({ type: "height", height: (lastHeight = height) });
  }, MEASURE_MS);
  setTimeout(() => {
    if (!loaded && link.shown === "live") tellHost({ type: "error", message: "The dashboard did not start" });
  }, START_MS);
  link.watch();
}
