"""Share-readiness: every feature of a dashboard that a public dashboard cannot show, with its reason and its remedy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from backend_server.errors import MOST_PROBLEMS, MOST_SHOWN, shown

from .panels import Panel, listed, panel_name, placed_panels, targets_of
from .variables import references

_INLINE = "inline the variables' values (`inline`), which makes a derived dashboard without them"
# Plugins whose queries only the browser can run, or which need sign-in; the back end answers a visitor nothing.
_FRONTEND_ONLY = {
    "graphite": "its queries no longer run in a public dashboard",
    "googlesheets": "Google Sheets",
    "grafana-googlesheets-datasource": "Google Sheets",
    "dynatrace-datasource": "Dynatrace",
    "grafana-dynatrace-datasource": "Dynatrace",
    "grafana-dynamodb-datasource": "DynamoDB",
    "alexanderzobnin-zabbix-datasource": "Zabbix",
    "tempo": "Tempo",
    "marcusolsson-static-datasource": "it has no back end",
    "grafana-testdata-datasource": "it is for tests and takes memory without bound",
    "testdata": "it is for tests and takes memory without bound",
    "testdata_db": "it is for tests and takes memory without bound",
    "marcusolsson-json-datasource": "it has no back end",
    "simpod-json-datasource": "it has no back end",
}
_SIGNED_IN_PANELS = {
    "dashlist": "lists dashboards",
    "alertlist": "lists alerts",
    "news": "reads a feed through the page",
    "annolist": "lists annotations",
    "gettingstarted": "is for people who sign in",
    "welcome": "is for people who sign in",
    "pluginlist": "is for people who sign in",
}


@dataclass(frozen=True, slots=True)
class ShareProblem:
    """One feature that breaks in a public dashboard; `panel` and `panel_id` are None when it is the dashboard's own."""

    feature: str
    path: str
    panel: str | None
    panel_id: int | None
    why: str
    remedy: str

    def as_json(self) -> dict[str, object]:
        """Return the problem as the API answers it."""
        return {
            "feature": self.feature,
            "path": self.path,
            "panel": self.panel,
            "panel_id": self.panel_id,
            "why": self.why,
            "remedy": self.remedy,
        }

    def __str__(self) -> str:
        place = f"panel {self.panel!r}" if self.panel else self.path or "dashboard"
        return f"{place}: {self.feature}: {self.why}; {self.remedy}"


def share_problems(dashboard: Mapping[str, Any]) -> list[ShareProblem]:
    """Name everything that breaks when the dashboard is public, in reading order; empty when it is ready."""
    if "apiVersion" in dashboard or "elements" in dashboard:
        why = "it is of the v2 schema, which provisioning and public pages of older Grafanas do not read"
        return [ShareProblem("v2 schema", "", None, None, why, "export the classic (v1) JSON model")]
    names = {str(variable.get("name")) for variable in listed(dashboard, "templating")}
    found = chain(
        _of_dashboard(dashboard),
        chain.from_iterable(_of_panel(placed.panel, placed.path, names) for placed in placed_panels(dashboard)),
    )
    problems = list(islice(found, MOST_PROBLEMS))
    more = sum(1 for _ in found)
    if more:
        why = f"only the first {MOST_PROBLEMS} are named"
        problems.append(ShareProblem(f"and {more} more", "", None, None, why, "mend those first"))
    return problems


def _of_dashboard(dashboard: Panel) -> Iterator[ShareProblem]:
    for index, variable in enumerate(listed(dashboard, "templating")):
        yield ShareProblem(
            "variable",
            f"templating.list[{index}]",
            None,
            None,
            f"variable {shown(variable.get('name'))} is not filled in for a visitor: panels using it show no data",
            _INLINE,
        )
    for index, annotation in enumerate(listed(dashboard, "annotations")):
        yield from _of_annotation(annotation, f"annotations.list[{index}]")
    if not isinstance(dashboard.get("timepicker"), Mapping):
        why = "without a `timepicker` object Grafana cannot show or hide the time picker, whatever the share says"
        yield ShareProblem("missing timepicker", "timepicker", None, None, why, 'write "timepicker": {}')
    if dashboard.get("__inputs"):
        why = "inputs such as ${DS_PROMETHEUS} are filled by the import page only, never by provisioning"
        yield ShareProblem("import inputs", "__inputs", None, None, why, "bind each input to a datasource (`inline`)")
    links = dashboard.get("links")
    for index, link in enumerate(links if isinstance(links, list) else []):
        if isinstance(link, Mapping) and link.get("type") == "dashboards":
            why = "it leads to dashboards behind the sign-in"
            yield ShareProblem("dashboard link", f"links[{index}]", None, None, why, "remove it")


def _of_annotation(annotation: Panel, path: str) -> Iterator[ShareProblem]:
    if annotation.get("builtIn") or annotation.get("enable") is False:
        return
    source = annotation.get("datasource")
    uid = source.get("uid") if isinstance(source, Mapping) else source
    target = annotation.get("target")
    tagged = annotation.get("type") == "tags" or (isinstance(target, Mapping) and target.get("type") == "tags")
    if tagged:
        why = "annotations by tag are read without the dashboard's filter, so notes of other dashboards may show"
        yield ShareProblem("tag annotation", path, None, None, why, "remove it, or filter by dashboard")
    elif uid not in (None, "-- Grafana --", "grafana"):
        why = "a public dashboard shows only Grafana's own annotations"
        yield ShareProblem(
            "datasource annotation", path, None, None, why, "remove it, or draw it as a query of a panel"
        )


def _of_panel(panel: Panel, path: str, names: set[str]) -> Iterator[ShareProblem]:
    title = panel_name(panel)
    panel_id = panel.get("id") if isinstance(panel.get("id"), int) else None

    def problem(feature: str, why: str, remedy: str, at: str = "") -> ShareProblem:
        return ShareProblem(feature, f"{path}{at}", title, panel_id, why, remedy)

    if panel.get("libraryPanel"):
        yield problem(
            "library panel", "library panels are loaded by an API behind the sign-in", "unlink it", ".libraryPanel"
        )
    if panel.get("repeat"):
        why = f"repeating by {shown(panel['repeat'])} needs a variable, so the panel appears once, without data"
        yield problem("repeat", why, "inline the variables: the copies are then written out", ".repeat")
    kind = panel.get("type")
    if isinstance(kind, str) and kind in _SIGNED_IN_PANELS:
        yield problem(
            "panel type", f"a {kind} panel {_SIGNED_IN_PANELS[kind]}, which needs sign-in", "remove it", ".type"
        )
    yield from _of_sources(panel, path, problem)
    used = sorted({name for text in _texts(panel) for name in _names_in(text, names)})
    if used:
        listed_names = ", ".join(f"${name[:MOST_SHOWN]}" for name in used[:20]) + (", …" if len(used) > 20 else "")
        yield problem("variable", f"it uses {listed_names}, which a visitor's page does not fill in", _INLINE)


def _of_sources(panel: Panel, path: str, problem: Any) -> Iterator[ShareProblem]:
    seen: set[tuple[str, str]] = set()
    targets = targets_of(panel)
    holders = [(panel, ".datasource"), *((target, f".targets[{i}].datasource") for i, target in enumerate(targets))]
    mixed = _uid_of(panel.get("datasource")) == "-- Mixed --"
    for holder, at in holders:
        source = holder.get("datasource")
        if source is None:
            if holder is not panel and mixed:
                why = "a mixed panel's query must name its own datasource"
                yield problem("missing datasource", why, "write an object with type and uid", at)
            continue
        for feature, why, remedy in _of_source(source):
            if (feature, why) not in seen:
                seen.add((feature, why))
                yield problem(feature, why, remedy, at)
    unnamed = panel.get("datasource") is None and any(target.get("datasource") is None for target in targets)
    if unnamed:
        why = "it asks the default datasource, which a public dashboard does not look up"
        yield problem("missing datasource", why, "write an object with type and uid", ".datasource")


def _of_source(source: object) -> Iterator[tuple[str, str, str]]:
    if isinstance(source, str):
        yield (
            "string datasource",
            f"Grafana answers 500 to the name {shown(source)}",
            "write an object with type and uid",
        )
        return
    if not isinstance(source, Mapping):
        return
    kind, uid = str(source.get("type") or ""), str(source.get("uid") or "")
    if uid == "-- Dashboard --":
        why = "it reads the results of another panel, which a visitor's page does not pass on"
        yield "dashboard datasource", why, "repeat the other panel's query here"
    elif kind in _FRONTEND_ONLY:
        why = f"datasource type {kind!r} answers no visitor ({_FRONTEND_ONLY[kind]})"
        yield "frontend datasource", why, "use a datasource with a back end, such as Prometheus or PostgreSQL"
    elif not uid and kind not in {"__expr__", "datasource"}:
        yield "datasource without uid", "Grafana answers 500 to a reference without uid", "add the datasource's uid"


def _uid_of(source: object) -> str:
    return str(source.get("uid") or "") if isinstance(source, Mapping) else str(source or "")


def _names_in(text: str, names: set[str]) -> Iterator[str]:
    for reference in references(text):
        # A `$` before a word may be a price or a password; only braces say for sure that a variable is meant.
        if reference.name in names or (
            text[reference.start : reference.start + 2] == "${" and "." not in reference.name
        ):
            yield reference.name


def _texts(panel: Panel) -> Iterator[str]:
    """Return every text of a panel but those of the panels inside it."""
    stack: list[object] = [value for key, value in panel.items() if key not in {"panels", "repeat"}]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
