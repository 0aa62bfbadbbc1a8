"""Drift and inventory: each kind of difference gives its own word, and nothing else does."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_server.errors import InvalidInput
from backend_server.generator.assemble import generate
from backend_server.generator.drift import drift_lines, find_drift
from backend_server.generator.inventory import (
    Entry,
    Renamed,
    diff_inventory,
    read_inventory,
    take_inventory,
    write_inventory,
)
from backend_server.generator.plans import SHIPPED_PLANS


@pytest.fixture
def bus(base_spec):
    return generate(next(plan for plan in SHIPPED_PLANS if plan.slug == "bus_health"), base_spec)


def tokens(wanted, existing, verbose=False):
    return drift_lines(find_drift([wanted], {wanted.plan.slug: existing}), verbose=verbose)


def test_an_equal_file_is_no_drift(bus):
    assert tokens(bus, copy.deepcopy(bus.document)) == []


def test_layout_ids_and_metadata_are_no_drift(bus):
    existing = copy.deepcopy(bus.document)
    existing["panels"].reverse()
    existing["refresh"] = "1m"
    for number, panel in enumerate(existing["panels"]):
        panel["id"] = number + 1
        panel["gridPos"] = {"x": 0, "y": number, "w": 3, "h": 3}
        panel["description"] = "changed by hand"

    assert tokens(bus, existing) == []


def test_each_kind_of_drift_has_its_token_count_and_titles(bus):
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


def test_a_missing_file_and_another_spec_have_tokens_of_their_own(bus):
    existing = copy.deepcopy(bus.document)
    existing["g6_meta"]["spec_hash"] = "0" * 16

    assert tokens(bus, None) == ["missing:bus_health"]
    assert tokens(bus, existing) == ["spec:bus_health"]


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=30)


@given(
    st.lists(st.builds(Entry, TEXT, TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=6), st.sampled_from(["csv", "jsonl"])
)
def test_an_inventory_survives_the_round_trip(entries, form):
    assert read_inventory(write_inventory(entries, form), what="x") == tuple(entries)


def test_commas_quotes_and_newlines_in_titles_survive():
    entries = (Entry("s", 'a,"b"\nc\r\nd', "m", "spec", "1"),)

    assert read_inventory(write_inventory(entries, "csv"), what="x") == entries


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
def test_a_bad_inventory_names_its_line(text, line):
    with pytest.raises(InvalidInput) as caught:
        read_inventory(text, what="old.csv")
    assert caught.value.problems[0].line == line


def test_a_keyed_rename_is_certain_and_an_unkeyed_one_inferred():
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


def test_two_candidates_are_not_guessed_between():
    before = [Entry("s", "A", "m", "spec", "1"), Entry("s", "B", "m", "spec", "2")]
    after = [Entry("s", "C", "m", "spec", "3")]
    found = diff_inventory(before, after)

    assert (len(found.added), len(found.removed), found.renamed) == (1, 2, ())


def test_the_inventory_lists_generated_panels_and_can_be_filtered(bus):
    existing = {"bus_health": bus.document, "foreign": {"title": "x", "panels": [{"title": "y", "type": "stat"}]}}
    everything = take_inventory(existing)

    assert len(everything) == len(bus.document["panels"])
    assert {entry.source for entry in take_inventory(existing, sources=frozenset({"spec"}))} == {"spec"}
