"""Generating dashboards from a spec: ours, go-jsonnet and grafanalib do the same job, in turn in one run.

Run as `python -m benchmarks.generate`. All three begin with the parsed spec and decide everything themselves: rates,
splits, quantiles, top lists, placeholders, efficiency panels, caps, places, ids. Before anything is timed, Jsonnet's
documents must equal ours in every value, and grafanalib's (which has shapes of its own) in panels, titles, queries,
ids, places and metadata.

The Jsonnet program avoids what its interpreter is slow at. `idiomatic` is the same program with the operator `%` and
`std.findSubstr`, as Jsonnet is usually written; it is measured beside, and no aim is judged by it.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import _gojsonnet
import orjson
import yaml

from backend_server.generator.output.assemble import generate_all
from backend_server.generator.spec.plans import SHIPPED_PLANS
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import DashboardPlan, Spec
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.primitives.shipped import shipped
from benchmarks.peers.grafanalib_program import dashboards as with_grafanalib
from benchmarks.report import Row, print_rows

ROUNDS = 11
LEAST_SECONDS = 0.05
AIM_JSONNET = 230
AIM_GRAFANALIB = 15
AIM_GROWTH = 1.3
PATH = "generating from a spec"
PROGRAM = (Path(__file__).parent / "peers" / "dashboards.jsonnet").read_text(encoding="utf-8")
Plans = tuple[DashboardPlan, ...]


def ours(spec: Spec, plans: Plans) -> list[bytes]:
    """Decide, build and write."""
    return [one.body for one in generate_all(plans, spec)]


def with_jsonnet(spec: str, plans: str, program: str = PROGRAM) -> str:
    """Decide, build and write with go-jsonnet, in this process."""
    result: str = _gojsonnet.evaluate_snippet("dashboards.jsonnet", program, tla_codes={"spec": spec, "plans": plans})
    return result


def idiomatic(program: str) -> str:
    """Return the Jsonnet program as it is usually written: texts joined with `%`, parts found by the library."""
    found = program.replace("std.strReplace(text, part, '') != text;", "std.length(std.findSubstr(part, text)) > 0;")
    joined = re.compile(r"'(?:[^'\n]*)'(?: \+ [\w.]+(?:\[\d\])? \+ '[^'\n]*')+")

    def formatted(match: re.Match[str]) -> str:
        parts = match.group().split(" + ")
        text = "".join(part[1:-1].replace("%", "%%") if part.startswith("'") else "%s" for part in parts)
        values = ", ".join(part for part in parts if not part.startswith("'"))
        return f"'{text}' % [{values}]"

    return joined.sub(formatted, found)


def parsed(spec: Spec, plans: Plans) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return spec and plans as plain values, as the peers take them."""
    families = {name: [asdict(metric) for metric in metrics] for name, metrics in spec.families.items()}
    listed = [{**asdict(plan), "uid": dashboard_uid(Maker.GENERATOR, "main", plan.slug)} for plan in plans]
    plain: dict[str, Any] = orjson.loads(orjson.dumps({"hash": spec.hash, "families": families}))
    return plain, orjson.loads(orjson.dumps(listed))


def shape(dashboard: dict[str, Any]) -> list[Any]:
    """What must be equal whatever the shape: title, metadata, and each panel's title, queries, id, place, metadata."""
    panels = [
        (
            *(one[key] for key in ("title", "type", "id", "gridPos", "g6_meta")),
            [target["expr"] for target in one.get("targets", [])],
        )
        for one in dashboard["panels"]
    ]
    return [dashboard["title"], dashboard["uid"], dashboard["g6_meta"], panels]


def check_equal(spec: Spec, plans: Plans) -> int:
    """Raise AssertionError unless all three made the same; gives the number of panels."""
    wanted = [orjson.loads(body) for body in ours(spec, plans)]
    plain, listed = parsed(spec, plans)
    texts = orjson.dumps(plain).decode(), orjson.dumps(listed).decode()
    for program in (PROGRAM, idiomatic(PROGRAM)):
        if orjson.loads(with_jsonnet(*texts, program)) != wanted:
            raise AssertionError("Jsonnet made other dashboards")
    made = [orjson.loads(text) for text in with_grafanalib(plain["families"], listed, spec.hash)]
    if [shape(one) for one in made] != [shape(one) for one in wanted]:
        raise AssertionError("grafanalib made other dashboards")
    return sum(len(one["panels"]) for one in wanted)


def in_turn(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, the rounds taken in turn so that a slow moment hits all alike.

    What is short is repeated within its turn until it has run for 50 ms, or the end of the turn before it (another
    runtime's collector, cold caches) would be most of what is measured.
    """
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, do in work.items():
            start, count = time.perf_counter(), 0
            while count == 0 or time.perf_counter() - start < LEAST_SECONDS:
                do()
                count += 1
            times[name].append((time.perf_counter() - start) / count)
    return {name: statistics.median(found) for name, found in times.items()}


def spec_of_panels(count: int) -> tuple[Spec, Plans]:
    """A spec whose dashboards have about `count` panels altogether: 24 a dashboard, three a counter."""
    families = {
        f"family{number}": {
            "metrics": [
                {"name": f"f{number}_m{place}_total", "kind": "counter", "labels": ["a", "b"], "unit": "short"}
                for place in range(min(8, max(1, (count - number * 24) // 3)))
            ]
        }
        for number in range(max(1, -(-count // 24)))
    }
    spec = read_spec(yaml.dump({"version": 1, "families": families}, Dumper=yaml.CSafeDumper).encode())
    return spec, tuple(DashboardPlan(name, name, (name,)) for name in families)


def rows() -> list[Row]:
    """Measure and judge."""
    source = shipped("metrics", "spec", "base.yml").read_bytes()
    spec = read_spec(source)
    panels = check_equal(spec, SHIPPED_PLANS)
    plain, listed = parsed(spec, SHIPPED_PLANS)
    texts = orjson.dumps(plain).decode(), orjson.dumps(listed).decode()
    usual = idiomatic(PROGRAM)
    found = in_turn(
        {
            "ours": lambda: ours(spec, SHIPPED_PLANS),
            "reading": lambda: read_spec(source),
            "grafanalib": lambda: with_grafanalib(plain["families"], listed, spec.hash),
            "jsonnet": lambda: with_jsonnet(*texts),
            "usual": lambda: with_jsonnet(*texts, usual),
            "input": lambda: with_jsonnet(*texts, "function(spec, plans) std.length(plans)"),
        }
    )
    jsonnet, grafanalib = found["jsonnet"] / found["ours"], found["grafanalib"] / found["ours"]
    each = found["ours"] / panels * 1e6
    out = [
        Row(PATH, f"ours, {len(listed)} dashboards, {panels} panels", "", f"{found['ours'] * 1e3:.2f} ms", None),
        Row(PATH, "ours, a panel", "", f"{each:.1f} us", None),
        Row(PATH, "reading and checking the spec, once", "", f"{found['reading'] * 1e3:.2f} ms", None),
        Row(PATH, "go-jsonnet / ours", f">= {AIM_JSONNET} x", f"{jsonnet:.0f} x", jsonnet >= AIM_JSONNET),
        Row(PATH, "go-jsonnet with % and findSubstr / ours", "", f"{found['usual'] / found['ours']:.0f} x", None),
        Row(PATH, "go-jsonnet, reading its input alone", "", f"{found['input'] * 1e3:.2f} ms", None),
        Row(PATH, "grafanalib / ours", f">= {AIM_GRAFANALIB} x", f"{grafanalib:.1f} x", grafanalib >= AIM_GRAFANALIB),
    ]
    sizes = {count: spec_of_panels(count) for count in (25, 250, 2500)}
    grown = in_turn({str(count): partial(ours, *given) for count, given in sizes.items()})
    cost: dict[int, float] = {}
    for count, given in sizes.items():
        made = sum(one.panel_count for one in generate_all(given[1], given[0]))
        cost[count] = grown[str(count)] / made * 1e6
        out.append(Row(PATH, f"growth: {made} panels", "", f"{cost[count]:.1f} us a panel", None))
    growth = cost[2500] / cost[250]
    out.append(
        Row(PATH, "a panel of 2,500 / one of 250", f"<= {AIM_GROWTH} x", f"{growth:.2f} x", growth <= AIM_GROWTH)
    )
    return out


if __name__ == "__main__":
    print_rows(rows())
