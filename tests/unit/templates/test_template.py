"""A filled template is valid JSON, valid PromQL and exactly right, whatever the device's fields hold."""

from __future__ import annotations

import copy
import re
from typing import Any

import orjson
import promql_parser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend_server.devices.device import MAX_HOSTNAME, MAX_TITLE
from backend_server.documents import content_of, is_intact, preflight
from backend_server.documents.escaping import WORD_JOINER
from backend_server.errors import InvalidInput
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.templates import FillError, FleetSummary, load_template
from tests.support.templates import PROMETHEUS, device, panel, source, template

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_HOSTNAME) | st.text(
    "$[]{}<>\"'\\`\n\0a", max_size=20
)
HOSTILE = [
    'a"b\\c\nd\re\tf',
    "$x ${x} $__interval ${__from}",
    "{{instance}} [[x]]",
    "<< device.id >>",
    "<<",
    ">>",
    "\x00\x1f\x7f",
    "\u202e\u2066rtl \u05e9\u05dc\u05d5\u05dd",
    "😀👨‍👩‍👧",
    "x" * MAX_HOSTNAME,
    "\ufdd0w0\ufdd1",
    "</script>",
    "\u2028",
    "'",
    "`",
    "",
]
MATCHERS = (
    'x{a="<< device.hostname | label_value >>",b=~"<< device.hostname | label_regex >>",'
    "c='<< device.hostname | label_value >>'}"
)
EVERYWHERE = [
    panel(
        title="<< device.hostname >> now",
        description="of << device.hostname >>",
        targets=[
            {
                "refId": "A",
                "datasource": PROMETHEUS,
                "expr": MATCHERS,
                "legendFormat": "{{instance}} << device.hostname >>",
            },
            {"refId": "B", "datasource": PROMETHEUS, "expr": "<< device.hostname | metric_name >>_power_watts"},
        ],
        fieldConfig={
            "defaults": {"displayName": "<< device.hostname >>", "custom": {"x": "<< device.labels.x >>"}},
            "overrides": [],
        },
    )
]

parse_promql: Any = promql_parser.parse  # its stubs know only the base of all expressions


def _filled(made: Any, *devices: Any) -> list[Any]:
    return [orjson.loads(made.fill(one).body) for one in devices]


def hostile(test: Any) -> Any:
    for value in HOSTILE:
        test = example(value)(test)
    return test


@hostile
@given(ANY)
def test_whatever_the_value_the_document_is_right(value: Any) -> None:
    document = template(*EVERYWHERE).fill(device(value, labels={"x": value}))
    found = orjson.loads(document.body)
    made = found["panels"][0]
    matchers = parse_promql(made["targets"][0]["expr"]).matchers.matchers
    assert [one.name for one in matchers] == ["a", "b", "c"]
    assert matchers[0].value == matchers[2].value == value
    assert re.fullmatch(matchers[1].value, value)
    assert parse_promql(made["targets"][1]["expr"]).name.endswith("_power_watts")
    assert made["title"].replace(WORD_JOINER, "") == f"{value} now".replace(WORD_JOINER, "")
    assert made["targets"][0]["legendFormat"].startswith("{{instance}} ")
    assert made["fieldConfig"]["defaults"]["displayName"].replace(WORD_JOINER, "") == value.replace(WORD_JOINER, "")
    assert is_intact(found)
    assert content_of(found) == document.content
    assert preflight(found) == []
    # The structure is the template's own.
    assert _shape(found["panels"]) == _shape(EVERYWHERE)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    return [_shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


@hostile
@given(ANY)
def test_same_device_same_bytes(value: Any) -> None:
    one, other = template(*EVERYWHERE), template(*copy.deepcopy(EVERYWHERE))
    made = device(value, labels={"x": ""})
    assert one.fill(made) == other.fill(made)
    assert one.hash == other.hash


def test_what_a_document_needs_is_added_and_what_it_must_not_have_is_dropped() -> None:
    made = template(
        panel(),
        header={"applies_to": {"kind": "miner"}},
        id=7,
        uid="old",
        version=3,
        tags=["a", "miner"],
        custom={"x": 1},
    )
    document = made.fill(device("rig", "rig-1", kind="miner"))
    found = orjson.loads(document.body)
    assert found["uid"] == document.uid == dashboard_uid(Maker.DEVICE, "main", "rig-1")
    assert found["title"] == document.title == "rig (rig-1)"
    assert found["tags"] == ["a", "miner"]
    assert found["timepicker"] == {}
    assert found["templating"] == found["annotations"] == {"list": []}
    assert found["custom"] == {"x": 1}
    assert found["dashwright"] == {"content": document.content, "maker": "dev", "object": "rig-1", "slot": "main"}
    assert not found.keys() & {"id", "version", "__template__"}
    assert list(found) == sorted(found)


def test_the_uid_stays_when_template_kind_and_hostname_change() -> None:
    one = template(panel()).fill(device("a"))
    other = template(panel("down"), name="other.json").fill(device("b", kind="miner"))
    assert one.uid == other.uid
    assert one.content != other.content


def test_grafanas_own_signs_in_a_template_pass_untouched() -> None:
    written = 'rate(x{a="$host",b="[[var]]"}[$__rate_interval])'
    made = template(panel(written, title="{{label}} ${var:csv} $x [[y]] {% if %} {# c #} >> <", description="{{ x }}"))
    found = _filled(made, device())[0]["panels"][0]
    assert found["targets"][0]["expr"] == written
    assert found["title"] == "{{label}} ${var:csv} $x [[y]] {% if %} {# c #} >> <"


def test_one_placeholder_alone_keeps_its_values_type() -> None:
    config = {
        "max": "<< device.labels.max | round >>",
        "half": "<< device.labels.max | round(1) >>",
        "text": "<< device.labels.max >>",
        "flag": "<< device.kind == 'generic' >>",
        "list": "<< [device.id, 1] >>",
        "all": "<< device.labels >>",
        "none": "<< none >>",
        "part": "max << device.labels.max | round >>",
        "truth": "is << device.kind == 'x' >>",
    }
    defaults = _filled(template(panel(fieldConfig={"defaults": config})), device(labels={"max": "12.5"}))[0]
    assert defaults["panels"][0]["fieldConfig"]["defaults"] == {
        "max": 12,
        "half": 12.5,
        "text": "12.5",
        "flag": True,
        "list": ["edge-7", 1],
        "all": {"max": "12.5"},
        "none": None,
        "part": "max 12",
        "truth": "is false",
    }


def test_what_a_device_lacks_is_named_with_template_panel_and_what_it_has() -> None:
    made = template(panel('x{site="<< device.labels.site | label_value >>"}', title="Uplink"))
    with pytest.raises(FillError) as caught:
        made.fill(device(labels={"region": "x", "host": "y"}))
    wanted = (
        "router.json: panel 'Uplink', field expr needs << device.labels.site >>, "
        "but device 'edge-7' has only: host, region"
    )
    assert caught.value.message == str(caught.value) == wanted
    assert caught.value.problems[0].path == "panels[0].targets[0].expr"


def test_everything_a_device_lacks_is_named_at_once() -> None:
    made = template(
        panel(title="<< device.address >>", description="<< device.labels.a >>"),
        header={"title": "<< device.title >> << device.labels.t >>"},
        tags=["<< device.labels.g >>"],
    )
    with pytest.raises(FillError) as caught:
        made.fill(device())
    assert {problem.path for problem in caught.value.problems} == {
        "panels[0].title",
        "panels[0].description",
        "__template__.title",
        "tags[0]",
    }
    assert "has no address" in caught.value.message
    assert "has no labels" in caught.value.message


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("<< device.labels.x | round >>", "'x' is not a number that can be rounded"),
        ("<< device.labels.none | default('nan') | round(2) >>", "'nan' is not a number that can be rounded"),
        ("<< device.labels.none | default('1e999') | round(2) >>", "'1e999' is not a number that can be rounded"),
        ("a << device.labels >>", "cannot stand inside text"),
        ("<< device.hostname.split >>", "JSON cannot hold"),
        ("<< 'a' * 1000000000 >>", "is not allowed"),
        ("<< 1 / 0 >>", "fails: division by zero"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(written: str, message: str) -> None:
    made = template(panel(title=written))
    with pytest.raises(FillError) as caught:
        made.fill(device(labels={"x": "x"}))
    assert message in caught.value.message
    assert "field title" in caught.value.message


def test_a_link_that_would_run_a_script_is_refused() -> None:
    made = template(panel(links=[{"title": "Open", "url": "<< device.labels.url >>/x"}]))
    assert _filled(made, device(labels={"url": "https://h"}))[0]["panels"][0]["links"][0]["url"] == "https://h/x"
    with pytest.raises(FillError, match="must begin with http"):
        made.fill(device(labels={"url": "javascript:alert(1)//"}))


def test_titles_are_unique_bounded_and_keep_the_id() -> None:
    long = template(panel(), header={"title": "<< device.hostname >> of << device.id >>"})
    document = long.fill(device("h" * 253, "edge-7"))
    assert len(document.title) == MAX_TITLE
    assert document.title.endswith(" (edge-7)")
    assert template(panel(), header={"slot": "power"}).fill(device("h")).title == "h (edge-7) – power"
    with pytest.raises(InvalidInput, match="of two equal titles Grafana saves neither"):
        template(panel(), header={"title": "<< device.hostname >>"})


def test_a_tag_that_is_too_long_for_one_device_is_refused_for_that_device() -> None:
    made = template(panel(), tags=["<< device.labels.x >>"])
    assert _filled(made, device(labels={"x": "y" * 50}))[0]["tags"] == ["y" * 50, "generic"]
    with pytest.raises(FillError, match="longer than 50"):
        made.fill(device(labels={"x": "y" * 51}))


def test_a_fleet_template_makes_one_document() -> None:
    made = template(
        panel(title="<< fleet.devices >> devices"), header={"scope": "fleet", "slot": "overview"}, title="Fleet"
    )
    document = made.fill_fleet(FleetSummary(3, {"miner": 3}))
    found = orjson.loads(document.body)
    assert (document.uid, document.title) == (dashboard_uid(Maker.FLEET, "overview", ""), "Fleet")
    assert found["panels"][0]["title"] == "3 devices"
    assert found["tags"] == []
    with pytest.raises(ValueError, match="use fill_fleet"):
        made.fill(device())
    with pytest.raises(ValueError, match="use fill"):
        template(panel()).fill_fleet(FleetSummary(0, {}))


def test_a_broken_template_names_line_and_column() -> None:
    with pytest.raises(InvalidInput, match=r"router.json .* \(line 3, column 13\)") as caught:
        load_template("router.json", b'{\n  "panels": [\n    {"id": 1,}\n  ]\n}')
    assert caught.value.problems[0].line == 3


def test_all_problems_of_a_template_are_named_at_once_each_with_its_place() -> None:
    broken = source(
        panel("up << device.id >>", title="One"),
        panel("x", id=1, gridPos=None, title="<< nothing >>"),
        header={"scop": "x", "slot": "A", "applies_to": {"labels": {"a": 1}}},
        **{"a<< device.id >>": 1},
    )
    with pytest.raises(InvalidInput) as caught:
        load_template("broken.json", broken)
    paths = {problem.path: problem for problem in caught.value.problems}
    assert set(paths) == {
        "__template__.scop",
        "__template__.slot",
        "__template__.applies_to.labels",
        "panels[0].targets[0].expr",
        "panels[1].title",
        "panels[1].id",
        "panels[1].gridPos",
        "['a<< device.id >>']",
    }
    assert "panel 'One', field expr" in paths["panels[0].targets[0].expr"].message
    lines = broken.decode().split("\n")
    place = paths["panels[0].targets[0].expr"]
    assert lines[place.line - 1][place.column - 1 :].startswith('"up << device.id >>"')


def test_an_export_is_told_apart_from_a_template() -> None:
    with pytest.raises(InvalidInput, match="template import"):
        load_template("x.json", source(panel(), __inputs=[{"name": "DS_X"}]))
