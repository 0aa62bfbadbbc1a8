"""Preflight: each fault Grafana was seen to refuse is found, with its path."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from backend_server.documents import preflight

PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
GOOD = {
    "uid": "dev-a-1",
    "title": "A",
    "tags": ["device"],
    "schemaVersion": 41,
    "refresh": "5s",
    "time": {"from": "now-1h", "to": "now"},
    "timepicker": {},
    "templating": {"list": []},
    "panels": [
        {
            "id": 1,
            "type": "stat",
            "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
            "datasource": PROMETHEUS,
            "targets": [{"refId": "A", "expr": "up"}],
        },
        {
            "id": 2,
            "type": "row",
            "gridPos": {"x": 0, "y": 8, "w": 24, "h": 1},
            "panels": [{"id": 3, "type": "stat", "gridPos": {"x": 0, "y": 9, "w": 12, "h": 8}}],
        },
    ],
}


def test_a_good_document_has_no_problem() -> None:
    assert preflight(GOOD) == []


def _with(path: Any, value: Any) -> Any:
    changed = copy.deepcopy(GOOD)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    if value is None:
        holder.pop(path[-1])
    else:
        holder[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        (["title"], "  ", "title", "missing or empty"),
        (["title"], None, "title", "missing or empty"),
        (["title"], "x" * 301, "title", "at most 300"),
        (["uid"], "x" * 41, "uid", "1 to 40"),
        (["uid"], "a/b", "uid", "1 to 40"),
        (["uid"], None, "uid", "1 to 40"),
        (["apiVersion"], "v1", "apiVersion", "remove it"),
        (["tags"], "a", "tags", "list of texts"),
        (["tags"], ["x" * 51], "tags[0]", "Grafana takes 50"),
        (["tags"], [1], "tags[0]", "must be a text"),
        (["schemaVersion"], "41", "schemaVersion", "whole number"),
        (["schemaVersion"], 99, "schemaVersion", "up to 42"),
        (["refresh"], "1s", "refresh", "shortest is 5s"),
        (["refresh"], "soon", "refresh", "write a duration"),
        (["time"], {"from": "now"}, "time", "from and to"),
        (["timepicker"], [], "timepicker", "must be an object"),
        (["templating"], [], "templating", "with a list"),
        (["templating", "list"], [{"name": "a"}, {"name": "a"}], "templating.list[1].name", "another variable"),
        (["templating", "list"], [{}], "templating.list[0]", "with a name"),
        (["panels"], {}, "panels", "must be a list"),
        (["panels", 0, "id"], None, "panels[0].id", "above 0"),
        (["panels", 0, "id"], 0, "panels[0].id", "above 0"),
        (["panels", 0, "id"], True, "panels[0].id", "above 0"),
        (["panels", 1, "panels", 0, "id"], 1, "panels[1].panels[0].id", "already the id of panels[0]"),
        (["panels", 0, "type"], None, "panels[0].type", "is missing"),
        (["panels", 0, "gridPos"], None, "panels[0].gridPos", "is missing"),
        (["panels", 0, "gridPos", "w"], 25, "panels[0].gridPos.w", "from 1 to 24"),
        (["panels", 0, "gridPos", "x"], 20, "panels[0].gridPos", "beyond column 24"),
        (["panels", 0, "datasource"], "Prometheus", "panels[0].datasource", "answers 500"),
        (["panels", 0, "targets"], {}, "panels[0].targets", "must be a list"),
        (["panels", 0, "targets"], ["up"], "panels[0].targets[0]", "must be an object"),
        (["panels", 0, "targets"], [{"refId": "A"}, {"refId": "A"}], "panels[0].targets[1].refId", "already the name"),
        (["panels", 0, "targets", 0, "datasource"], "P", "panels[0].targets[0].datasource", "type and uid"),
    ],
)
def test_each_fault_is_named_with_its_path(path: list[str] | list[Any], value: Any, place: str, message: str) -> None:
    problems = preflight(_with(path, value))
    assert [(problem.path, message in problem.message) for problem in problems] == [(place, True)]


def test_all_faults_are_named_at_once() -> None:
    assert len(preflight({"panels": [{}]})) >= 5


def test_a_document_of_an_old_schema_places_panels_by_span() -> None:
    old = {**GOOD, "panels": [], "rows": [{"panels": [{"id": 1, "type": "graph", "span": 6}]}]}
    assert preflight(old) == []
