"""Filling a template of 25 panels and 254 places: ours, a structural walk with json.dumps, and Jinja2 on the text.

Run as `python -m benchmarks.template_fill`. All three fill the same template for the same devices, in turn, in one run;
their results are compared first, for hostile values too.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import orjson
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from backend_server.devices.device import Device
from backend_server.documents import Document, content_of, is_intact
from backend_server.documents.escaping import promql_regex, promql_string, shown
from backend_server.primitives.ids import DeviceId
from backend_server.templates import load_template
from benchmarks.report import Row, print_rows

PANELS = 25
SOURCE = {"type": "prometheus", "uid": "prometheus"}
ROUNDS = 15
FILLS = 40

HOSTILE = [
    "plain-host-7",
    'quote" back\\slash new\nline tab\t',
    "$name ${name} [[name]] {{label}} << device.id >>",
    "\x00\x01\x1f\x7f controls",
    "\u202ertl\u202c \u05e9\u05dc\u05d5\u05dd \u2028 emoji \U0001f600\U0001f468\u200d\U0001f469",
    "x" * 253,
    "$", "{", "[", "\\", '"', "'", "`", "a.b*c+(d)|e^f?", "", " ",
]  # fmt: skip


def template() -> dict[str, object]:
    """Make the template: each panel has 10 places, and four panels have one more."""
    panels = []
    for number in range(1, PANELS + 1):
        label = '{device="<< device.id | label_value >>", site="<< device.labels.site | label_value >>"}'
        regex = '{host=~"<< device.hostname | label_regex >>", device="<< device.id | label_value >>"}'
        panels.append(
            {
                "id": number,
                "type": "timeseries",
                "title": f"Reading {number} of << device.hostname >>",
                "gridPos": {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8},
                "datasource": SOURCE,
                "fieldConfig": {
                    "defaults": {
                        "unit": "watt",
                        "displayName": "<< device.labels.site >>" + (" << device.kind >>" if number <= 4 else ""),
                        "color": {"mode": "palette-classic"},
                        "custom": {"lineWidth": 2, "fillOpacity": 10, "showPoints": "never", "drawStyle": "line"},
                        "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None}]},
                    },
                    "overrides": [],
                },
                "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
                "targets": [
                    {"refId": "A", "datasource": SOURCE, "expr": f"rate(device_{number}_total{label}[5m])",
                     "legendFormat": "{{instance}} << device.hostname >>"},
                    {"refId": "B", "datasource": SOURCE, "expr": f"sum(device_{number}{label})",
                     "legendFormat": "<< device.kind >> sum"},
                    {"refId": "C", "datasource": SOURCE, "expr": f"max(device_{number}{regex})"},
                ],
            }
        )  # fmt: skip
    return {"title": "Benchmark", "schemaVersion": 41, "refresh": "5s", "timepicker": {}, "panels": panels}


def context(device: Device) -> dict[str, object]:
    """Return what the peers' templates read."""
    return {"device": {"id": device.id, "hostname": device.hostname, "kind": device.kind, "labels": device.labels}}


def environment() -> SandboxedEnvironment:
    """Make the sandbox both peers use, with the same escaping as ours."""
    made = SandboxedEnvironment(variable_start_string="<<", variable_end_string=">>", undefined=StrictUndefined)
    made.block_start_string, made.comment_start_string = "\ufdd0%", "\ufdd0#"
    made.filters["label_value"] = lambda value: promql_string(value, '"')
    made.filters["label_regex"] = lambda value: promql_regex(value, '"')
    made.filters["shown_after"] = lambda value: shown(value, text_before=False, text_after=False)
    made.filters["shown_before"] = lambda value: shown(value, text_before=False, text_after=True)
    made.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    return made


def made_inert(source: str) -> str:
    """Name in the peers' template the filter that ours takes by the place."""
    for field in ("device.hostname", "device.kind", "device.labels.site"):
        source = source.replace(f'<< {field} >>"', f'<< {field} | shown_after >>"')
        source = source.replace(f"<< {field} >> ", f"<< {field} | shown_before >> ")
    return source


def structural_walk(source: str) -> Callable[[Device], bytes]:
    """Fill value by value: each string is a compiled Jinja2 template, the tree is copied and dumped."""
    jinja = environment()
    tree = json.loads(source)
    compiled = {}

    def compile_strings(value: object) -> None:
        if isinstance(value, str) and "<<" in value:
            compiled[value] = jinja.from_string(value)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            compile_strings(inner)

    def walk(value: object, names: dict[str, object]) -> object:
        if isinstance(value, str):
            return compiled[value].render(names) if value in compiled else value
        if isinstance(value, dict):
            return {key: walk(inner, names) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner, names) for inner in value]
        return value

    compile_strings(tree)
    return lambda device: json.dumps(
        walk(tree, context(device)), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def jinja_on_text(source: str) -> Callable[[Device], bytes]:
    """Fill the JSON text itself; each place escapes for JSON."""
    text = json.dumps(json.loads(source), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    compiled = environment().from_string(text.replace(" >>", " | json >>"))
    return lambda device: compiled.render(context(device)).encode()


def without_identity(body: bytes) -> dict[str, object]:
    """Take away what only a finished document has: uid, title, tags, stamp and defaults."""
    found: dict[str, object] = orjson.loads(body)
    for key in ("uid", "title", "tags", "dashwright", "templating", "annotations"):
        found.pop(key, None)
    return found


def main() -> int:
    """Compare, measure and print; the exit code is 1 when an aim is missed."""
    source = json.dumps(template())
    places = source.count("<<")
    ours = load_template("benchmark.json", source.encode())
    walk, text = structural_walk(made_inert(source)), jinja_on_text(made_inert(source))
    for value in HOSTILE:
        device = Device(DeviceId("device-1"), value, "miner", {"site": value})
        document: Document = ours.fill(device)
        found = without_identity(document.body)
        assert found == without_identity(walk(device)) == without_identity(text(device)), value
        assert is_intact(orjson.loads(document.body))
        assert content_of(orjson.loads(document.body)) == document.content

    devices = [
        Device(DeviceId(f"device-{number}"), f"host-{number}.example", "miner", {"site": f"hall {number}"})
        for number in range(FILLS)
    ]
    ways: dict[str, Callable[[Device], object]] = {"ours": ours.fill, "walk": walk, "text": text}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, fill in ways.items():
            begin = time.perf_counter()
            for device in devices:
                fill(device)
            times[name].append((time.perf_counter() - begin) / FILLS * 1e6)
    median = {name: statistics.median(found) for name, found in times.items()}
    over_walk, over_text = median["walk"] / median["ours"], median["text"] / median["ours"]
    path = f"filling a template ({PANELS} panels, {places} places, {len(ours.fill(devices[0]).body)} bytes)"
    rows = [
        Row(path, "ours, stamped document, µs", "", f"{median['ours']:.1f}", None),
        Row(path, "structural walk + json.dumps, µs", "", f"{median['walk']:.1f}", None),
        Row(path, "compiled Jinja2 on text, µs", "", f"{median['text']:.1f}", None),
        Row(path, "times faster than the structural walk", "≥ 40", f"{over_walk:.1f}", over_walk >= 40),
        Row(path, "times faster than Jinja2 on text", "≥ 1", f"{over_text:.1f}", over_text >= 1),
        Row(path, f"equal results for {len(HOSTILE)} hostile values", "all", "all", True),
    ]
    print_rows(rows)
    return 0 if all(row.met is not False for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
