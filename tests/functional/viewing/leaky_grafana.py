"""The fake Grafana made worse: page, boot data and answers hold the real token everywhere; and it has a front end.

The front end is a small one that boots as Grafana's does: it reads the boot data, takes the token of the address for
the dashboard and the one of the boot data for queries, looks there for each panel's plugin and datasource, and asks
again at the dashboard's own refresh.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from backend_server.grafana import GrafanaClient
from backend_server.viewing.model import RawReply
from tests.fakes.grafana import FakeGrafana

FRONT_END = """
(async () => {
  window.__grafana_app_bundle_loaded = true;
  const { settings, user } = window.grafanaBootData;
  if (!settings.datasources[settings.defaultDatasource]) return;
  const api = settings.appSubUrl + "/api/public/dashboards/";
  const found = await (await fetch(api + location.pathname.split("/").pop())).json();
  const { dashboard } = found;
  document.title = dashboard.title;
  const page = document.createElement("div");
  page.dataset.testid = "public-dashboard-scene-page";
  page.innerHTML = '<div><div class="title"></div></div><div class="react-grid-layout" style="height:640px"></div>';
  page.querySelector(".title").textContent = dashboard.title;
  if (!dashboard.timepicker.hidden) page.firstChild.insertAdjacentHTML("beforeend", '<div class="picker">picker</div>');
  document.getElementById("reactRoot").append(page);
  const shown = { theme: user.theme, time: dashboard.time, refresh: dashboard.refresh, locale: user.locale };
  document.body.dataset.shown = JSON.stringify(shown);
  const sources = Object.values(settings.datasources);
  const find = (ref) => {
    const uid = ref?.uid ?? ref;
    const named = sources.find((one) => one.uid === uid || one.name === uid);
    return named ?? settings.datasources[settings.defaultDatasource];
  };
  // What keeps a panel from asking: SceneQueryRunner gives targets the panel's datasource unless that is a mixed one,
  // and MixedDatasource drops those that are still its own; SqlDatasource asks no PostgreSQL without a database.
  const hindrance = (panel) => {
    if (!settings.panels[panel.type ?? "timeseries"]) return "has no plugin";
    const source = find(panel.datasource ?? panel.targets[0].datasource);
    const own = source.uid ?? source.name;
    const targets = panel.targets
      .map((target) => (source.meta.mixed && target.datasource ? target.datasource.uid : own))
      .filter((uid) => uid !== "-- Mixed --");
    if (!targets.length) return "No data";
    const missing = (one) => one.type === "grafana-postgresql-datasource" && !one.jsonData.database;
    return targets.some((uid) => missing(find(uid))) ? "has no database" : "";
  };
  const ask = async () => {
    if (dashboard.annotations) await fetch(api + settings.publicDashboardAccessToken + "/annotations?from=1&to=2");
    for (const panel of dashboard.panels.filter((one) => one.targets)) {
      let box = document.getElementById("panel-" + panel.id);
      if (!box) {
        box = document.createElement("section");
        box.id = "panel-" + panel.id;
        page.querySelector(".react-grid-layout").append(box);
      }
      box.textContent = panel.title + " " + hindrance(panel);
      if (hindrance(panel)) continue;
      const body = {
        intervalMs: 1000 + innerWidth,
        maxDataPoints: innerWidth,
        timeRange: { from: String(Date.now() - 900000), to: String(Date.now()), timezone: "utc" },
      };
      const answer = await fetch(api + settings.publicDashboardAccessToken + "/panels/" + panel.id + "/query", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      box.textContent = panel.title + " answered " + answer.status;
      // backend_srv shows a box for every answer with a message.
      const said = answer.ok ? {} : await answer.json();
      if (said.message) page.insertAdjacentHTML("beforeend", '<div class="toast">' + said.message + "</div>");
    }
  };
  await ask();
  if (dashboard.refresh) setInterval(ask, parseInt(dashboard.refresh, 10) * 1000);
})();
"""


@dataclass
class LeakyGrafana:
    """Asks the fake and puts the real token, the address and foreign datasources into whatever comes back."""

    client: GrafanaClient
    address: str
    fake: FakeGrafana
    queries: list[bytes] = field(default_factory=list)
    leaked: int = 0

    def visitor_page(self, token: str, query_string: str = "") -> RawReply:
        found = self.client.visitor_page(token, query_string)
        html = found.body.decode()
        html = html.replace("</title>", f'</title><link rel="canonical" href="public-dashboards/{token}">')
        html = html.replace('<div id="reactRoot">', f'<!-- {token} --><div id="reactRoot" data-t="{token.upper()}">')
        html = html.replace('"appSubUrl"', f'"homeUrl": "{self.address}/{token}", "appSubUrl"', 1)
        return self._reply(found.status, html.encode(), token)

    def visitor_dashboard(self, token: str) -> RawReply:
        found = self.client.visitor_dashboard(token)
        body = orjson.loads(found.body)
        if "meta" in body:
            body["meta"] |= {"accessToken": token, "url": f"{self.address}/d/{token}"}
            body["dashboard"]["gnetId"] = token
        return self._reply(found.status, orjson.dumps(body), token)

    def visitor_query(self, token: str, panel_id: int, body: bytes) -> RawReply:
        self.queries.append(b"%d %s" % (panel_id, body))
        found = self.client.visitor_query(token, panel_id, body)
        answer = orjson.loads(found.body)
        for result in answer.get("results", {}).values():
            for frame in result.get("frames", []):
                frame.setdefault("schema", {}).setdefault("meta", {})["custom"] = {"link": token}
        return self._reply(found.status, orjson.dumps(answer), token)

    def visitor_asset(self, path: str) -> RawReply:
        found = self.client.visitor_asset(path)
        body = FRONT_END.encode() if path.startswith("build/app.") else found.body
        return RawReply(found.status, found.headers, body)

    def _reply(self, status: int, body: bytes, token: str) -> RawReply:
        self.leaked += body.lower().count(token.encode())
        headers = {"content-type": "text/html", "location": f"{self.address}/{token}", "set-cookie": f"grafana={token}"}
        return RawReply(status, headers, body)
