"""Documents: identity, layout, metadata, and the same bytes every time."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_server.documents.panels import panel_signature
from backend_server.documents.preflight import preflight
from backend_server.generator.output.assemble import generate, generate_all
from backend_server.generator.spec.plans import SHIPPED_PLANS
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import DashboardPlan, Spec
from backend_server.primitives.canonical_json import canonical_bytes
from backend_server.primitives.shipped import shipped
from backend_server.promql import check_promql, is_readable_label, is_readable_name, unusable

COLUMN_STORE = DashboardPlan("column_store", "Store", ("bus",))


def metrics(names: Any) -> list[Any]:
    kinds = ("counter", "gauge", "histogram")
    return [
        {
            "name": f"{name}_total" if index % 3 == 0 else name,
            "kind": kinds[index % 3],
            "labels": ["a", "b"][: index % 3],
        }
        for index, name in enumerate(names)
    ]


def spec_from(items: Any) -> Any:
    return read_spec(yaml.safe_dump({"version": 1, "families": {"bus": {"metrics": items}}}).encode())


names = st.lists(st.from_regex(r"[a-z]{3,8}_(bytes|rows|writes|backlog|x)", fullmatch=True), unique=True, max_size=20)


@settings(max_examples=40, deadline=None)
@given(names)
def test_ids_are_unique_and_panels_never_overlap(found: Any) -> None:
    panels = generate(COLUMN_STORE, spec_from(metrics(found))).document["panels"]
    ids = [panel["id"] for panel in panels]
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(set(ids)) == len(ids)
    assert all(number > 0 for number in ids)
    assert len(set(cells)) == len(cells)
    assert all(x < 24 for x, _ in cells)


@settings(max_examples=30, deadline=None)
@given(names.filter(lambda found: len(found) > 1), st.data())
def test_ids_stay_when_other_panels_come_and_go(found: Any, data: Any) -> None:
    everything = metrics(found)[:6]
    without = data.draw(st.integers(0, len(everything) - 1))
    before = identities(spec_from(everything))
    after = identities(spec_from(everything[:without] + everything[without + 1 :]))

    for uuid in before.keys() & after.keys():
        assert before[uuid] == after[uuid]


def identities(spec: Any) -> Any:
    panels = generate(COLUMN_STORE, spec).document["panels"]
    return {panel["g6_meta"]["panel_uuid"]: panel["id"] for panel in panels}


def test_identity_is_made_as_documented(spec_of: Callable[..., Spec]) -> None:
    (panel,) = generate(COLUMN_STORE, spec_of({"name": "a", "kind": "gauge"})).document["panels"]
    signature = '{"datasource":"prometheus","exprs":["a"],"title":"A","type":"timeseries","unit":""}'
    digest = hashlib.sha256(f"column_store:{signature}".encode()).hexdigest()

    assert panel_signature(panel) == signature
    assert panel["id"] == int(digest[:8], 16)
    assert panel["g6_meta"]["panel_uuid"] == digest[:16]


def test_a_key_keeps_the_uuid_under_a_new_title(spec_of: Callable[..., Spec]) -> None:
    def uuid(title: Any) -> Any:
        written = {"title": title, "promql": "a", "key": "k"}
        (panel,) = generate(COLUMN_STORE, spec_of({"name": "a", "kind": "gauge", "panels": [written]})).document[
            "panels"
        ]
        return panel["g6_meta"]["panel_uuid"]

    assert uuid("One") == uuid("Two") == hashlib.sha256(b"column_storek").hexdigest()[:16]


def test_the_order_of_keys_changes_nothing_but_the_hash(base_spec_bytes: bytes, base_spec: Spec) -> None:
    def backwards(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: backwards(value[key]) for key in reversed(value)}
        return [backwards(item) for item in value] if isinstance(value, list) else value

    shuffled = read_spec(yaml.safe_dump(backwards(yaml.safe_load(base_spec_bytes)), sort_keys=False).encode())

    assert shuffled.hash != base_spec.hash
    for plan in SHIPPED_PLANS:
        one, other = generate(plan, base_spec), generate(plan, shuffled)
        assert one.body.replace(base_spec.hash.encode(), b"") == other.body.replace(shuffled.hash.encode(), b"")


def test_the_committed_digests_are_those_of_any_machine_and_hash_seed(base_spec: Spec) -> None:
    digests = {plan.slug: hashlib.sha256(generate(plan, base_spec).body).hexdigest() for plan in SHIPPED_PLANS}
    committed = {
        slug: hashlib.sha256(path.read_bytes()).hexdigest()
        for slug in digests
        for path in [shipped("config", "grafana", "dashboards", "generated", f"{slug}.json")]
    }
    golden = json.loads(shipped("tests", "golden", "generator", "digests.json").read_text())

    assert digests == committed == golden


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_several_hash_seeds_give_the_same_bytes(seed: str, base_spec: Spec) -> None:
    program = (
        "import hashlib;from backend_server.generator.spec.read import read_spec;"
        "from backend_server.generator.spec.plans import SHIPPED_PLANS as P;"
        "from backend_server.primitives.shipped import shipped;"
        "from backend_server.generator.output.assemble import generate;"
        "s=read_spec(shipped('metrics','spec','base.yml').read_bytes());"
        "print(hashlib.sha256(b''.join(generate(p,s).body for p in P)).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(shipped())},
        capture_output=True,
        text=True,
        check=True,
    )
    mine = hashlib.sha256(b"".join(generate(plan, base_spec).body for plan in SHIPPED_PLANS)).hexdigest()

    assert run.stdout.strip() == mine


def test_metadata_says_where_everything_comes_from(base_spec: Spec) -> None:
    for plan in SHIPPED_PLANS:
        document = generate(plan, base_spec).document
        assert set(document["g6_meta"]) == {
            "spec_hash", "families", "placeholder_panels", "description", "enriched", "alerts_panel", "alerts_count",
            "generator_version",
        }  # fmt: skip
        for panel in document["panels"]:
            assert set(panel["g6_meta"]) == {
                "panel_uuid", "metric", "family", "kind", "source", "split_label", "group", "group_header",
                "alerts_count", "migrated_percent",
            }  # fmt: skip
            assert panel["g6_meta"]["panel_uuid"]
            assert panel["g6_meta"]["source"]


def test_dense_lowers_heights_and_keeps_identity(base_spec: Spec) -> None:
    plan = SHIPPED_PLANS[0]
    roomy, dense = generate(plan, base_spec).document, generate(plan, base_spec, dense=True).document

    assert max(p["gridPos"]["y"] for p in dense["panels"]) < max(p["gridPos"]["y"] for p in roomy["panels"])
    assert [p["id"] for p in dense["panels"]] == [p["id"] for p in roomy["panels"]]


def test_bytes_are_canonical_but_for_a_line_around_each_panel(base_spec: Spec) -> None:
    for plan in SHIPPED_PLANS:
        made = generate(plan, base_spec)
        assert made.body.replace(b"\n", b"") == canonical_bytes(made.document)
        assert made.panel_count == len(made.document["panels"])


def test_identity_is_that_of_the_written_panel(base_spec: Spec) -> None:
    for plan in SHIPPED_PLANS:
        for panel in generate(plan, base_spec).document["panels"]:
            digest = hashlib.sha256(f"{plan.slug}:{panel_signature(panel)}".encode()).hexdigest()
            assert panel["id"] == int(digest[:8], 16)


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp")), min_size=1, max_size=20).filter(
    str.strip
)
METRICS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_:]{0,15}(_seconds|_total|_x{400})?", fullmatch=True).filter(
                is_readable_name
            ),
            "kind": st.sampled_from(["counter", "gauge", "histogram"]),
            "labels": st.lists(
                st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(is_readable_label), unique=True, max_size=4
            ),
            "unit": st.sampled_from(["", "s", "bytes", "percentunit", "bool_on_off", "dateTimeAsIso", 'suffix: "é"']),
            "help": WORDS,
            "panels": st.lists(
                st.fixed_dictionaries(
                    {
                        "title": WORDS,
                        "promql": st.sampled_from(["up", "sum by (a) (x)", 'x{a="\\"\\\\é"}', "topk(3, x)"]),
                        "panel_type": st.sampled_from(["timeseries", "stat", "gauge", "bargauge", "table"]),
                    }
                ),
                max_size=2,
            ),
            "alerts": st.integers(0, 60).map(lambda count: [{"expr": "up == 0", "severity": "info"}] * count),
        }
    ),
    unique_by=lambda metric: metric["name"],
    max_size=12,
)


def named_once(found: Any) -> Any:
    """Keep what a spec may hold: no reserved labels, each key and alert's name once."""
    kept = [one for one in found if not {"le", "quantile"} & set(one["labels"])]
    for number, metric in enumerate(kept):
        metric["panels"] = [panel | {"key": f"{number}.{at}"} for at, panel in enumerate(metric["panels"])]
        metric["alerts"] = [alert | {"name": f"A{number}_{at}"} for at, alert in enumerate(metric["alerts"])]
    return kept


@settings(max_examples=60, deadline=None)
@given(METRICS.map(named_once), st.booleans())
def test_whatever_the_texts_the_bytes_are_canonical_and_grafana_would_take_it(found: Any, dense: Any) -> None:
    spec = spec_from(found)
    made = generate(COLUMN_STORE, spec, dense=dense)

    assert made.body.replace(b"\n", b"") == canonical_bytes(made.document).replace(b"\n", b"")
    assert preflight(made.document) == []
    for panel in made.document["panels"]:
        for target in panel.get("targets", []):
            assert check_promql(target["expr"]) == []
            assert unusable(target["expr"]) is None
    assert generate_all([COLUMN_STORE, COLUMN_STORE], spec, dense=dense)[1].body == made.body
