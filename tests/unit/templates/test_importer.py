"""An exported dashboard becomes a template that fills to what it was."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from backend_server.errors import InvalidInput
from backend_server.templates import ImportChoices, import_template, load_template
from tests.support.templates import device, panel

EXPORTED = {
    "__inputs": [{"name": "DS_PROMETHEUS", "type": "datasource", "pluginId": "prometheus"}],
    "__requires": [{"type": "grafana"}],
    "id": 7, "uid": "abc", "version": 3, "title": "Router 10.0.0.7", "schemaVersion": 41, "refresh": "10s",
    "templating": {"list": [
        {"name": "job", "type": "query", "current": {"value": "snmp"}},
        {"name": "instance", "type": "query", "multi": True, "includeAll": True, "current": {"value": "$__all"}},
    ]},
    "panels": [
        panel(
            'up{instance="10.0.0.7",job="$job"}', title="Up 10.0.0.7 (10.0.0.70)",
            datasource={"type": "prometheus", "uid": "${DS_PROMETHEUS}"},
            targets=[
                {"refId": "A", "datasource": {"uid": "${DS_PROMETHEUS}"}, "expr": 'up{instance="10.0.0.7",job="$job"}'},
                {"refId": "B", "expr": 'up{instance=~"10\\\\.0\\\\.0\\\\.7|x"}'},
                {"refId": "C", "expr": 'up{instance=~"$instance"}', "legendFormat": "{{instance}} << x"},
            ],
        ),
    ],
}  # fmt: skip


def _import(dashboard: Any, **more: Any) -> Any:
    choices = ImportChoices(**{"fields": {"10.0.0.7": "device.labels.instance"}, **more})
    return import_template("router.json", orjson.dumps(dashboard), choices)


def test_the_chosen_value_becomes_the_placeholder_that_is_right_at_each_place() -> None:
    made = _import(EXPORTED, variables={"instance": "device.hostname"}, kind="router")
    found = orjson.loads(made.source)
    targets = found["panels"][0]["targets"]
    assert targets[0]["expr"] == 'up{instance="<< device.labels.instance | label_value >>",job="snmp"}'
    assert targets[1]["expr"] == 'up{instance=~"<< device.labels.instance | label_regex >>|x"}'
    assert targets[2]["expr"] == 'up{instance=~"<< device.hostname | label_regex >>"}'
    assert targets[2]["legendFormat"] == '{{instance}} << "<<" >> x'
    assert found["panels"][0]["title"] == "Up << device.labels.instance >> (10.0.0.70)"
    assert found["panels"][0]["datasource"] == {"type": "prometheus", "uid": "prometheus"}
    assert found["__template__"] == {
        "slot": "main",
        "scope": "device",
        "applies_to": {"kind": "router"},
        "title": "<< device.title >>",
    }
    assert not found.keys() & {"id", "uid", "version", "__inputs", "__requires"}
    assert any("device.hostname >> in 1 place" in note for note in made.notes)


def test_filled_for_the_same_device_it_is_what_it_was() -> None:
    made = load_template("router.json", _import(EXPORTED, values={"instance": "x"}).source)
    filled = orjson.loads(made.fill(device(labels={"instance": "10.0.0.7"})).body)
    expressions = [target["expr"] for target in filled["panels"][0]["targets"]]
    assert expressions[:2] == ['up{instance="10.0.0.7",job="snmp"}', 'up{instance=~"10\\\\.0\\\\.0\\\\.7|x"}']
    assert filled["panels"][0]["targets"][2]["legendFormat"] == "{{instance}} << x"


def test_the_apis_shape_is_taken_too() -> None:
    assert _import({"dashboard": EXPORTED, "meta": {}}).source == _import(EXPORTED).source


def test_a_value_that_is_not_there_is_said() -> None:
    made = _import(EXPORTED, fields={"absent": "device.id"})
    assert made.notes == (
        "value 'absent': << device.id >> in 0 place(s); it was not found, so every device gets the same dashboard",
    )


def test_panels_without_ids_get_them() -> None:
    twice = {
        **EXPORTED,
        "panels": [EXPORTED["panels"][0], {**EXPORTED["panels"][0]}, {**EXPORTED["panels"][0], "id": None}],
    }
    assert [one["id"] for one in orjson.loads(_import(twice).source)["panels"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        ({}, {"variables": {"host": "device.id"}}, "variables.host: is not a variable of the dashboard"),
        ({"panels": [panel("up{instance=`10.0.0.7`}")]}, {}, "inside backquotes"),
        (
            {"panels": [panel('up{a="$x"}')], "templating": {"list": [{"name": "x", "type": "query"}]}},
            {},
            "variable 'x' has no value",
        ),
        ({}, {"fields": {"10.0.0.7": "device.adress"}}, "did you mean 'address'"),
        ({"apiVersion": "v2"}, {}, "export the classic"),
    ],
)
def test_what_cannot_become_a_template_is_named(
    change: dict[str, Any], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        _import({**EXPORTED, **change}, **arguments)
    assert message in str(caught.value)
