"""The commands' exit codes, options and environment, and the scripts that are the same."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from backend_server.cli.generate import generate, inventory
from backend_server.primitives.shipped import shipped


def test_a_second_run_writes_nothing_and_verify_is_content(run: Callable[..., Result], made: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in made.iterdir()}

    assert run(generate, "--output", made).exit_code == 0
    assert {path.name: path.stat().st_mtime_ns for path in made.iterdir()} == before
    assert run(generate, "--output", made, "--verify").exit_code == 0


def test_drift_exits_6_with_tokens_and_details_on_request(run: Callable[..., Result], made: Path) -> None:
    path = made / "bus_health.json"
    document = json.loads(path.read_text())
    removed = document["panels"].pop()["title"]
    path.write_text(json.dumps(document))
    (made / "governance.json").unlink()

    plain = run(generate, "--output", made, "--verify")
    by_flag = run(generate, "--output", made, "--verify", "--verbose")

    assert plain.exit_code == by_flag.exit_code == 6
    assert plain.stdout.splitlines() == ["missing:governance", "added:bus_health:1"] or sorted(
        plain.stdout.splitlines()
    ) == ["added:bus_health:1", "missing:governance"]
    assert removed in by_flag.stdout
    for name in ("DASHBOARD_DIFF_VERBOSE", "G6_DASHBOARD_DIFF_VERBOSE"):
        assert run(generate, "--output", made, "--verify", **{name: "1"}).stdout == by_flag.stdout


def test_another_spec_hash_alone_is_drift_of_its_own_kind(
    run: Callable[..., Result], made: Path, tmp_path: Path, base_spec_bytes: bytes
) -> None:
    spec = tmp_path / "base.yml"
    spec.write_bytes(base_spec_bytes + b"# a remark\n")
    found = run(generate, "--spec", spec, "--output", made, "--verify")

    assert found.exit_code == 6
    assert len(found.stdout.splitlines()) == 13
    assert all(line.startswith("spec:") for line in found.stdout.splitlines())


def test_a_bad_spec_exits_2_with_every_problem_and_writes_nothing(run: Callable[..., Result], tmp_path: Path) -> None:
    spec = tmp_path / "bad.yml"
    spec.write_text("version: 1\nfamilies: {bus: {metrics: [{name: a, kind: x}, {name: b, kind: y}]}}\n")
    found = run(generate, "--spec", spec, "--output", tmp_path / "out")

    assert found.exit_code == 2
    assert "2 problem(s)" in found.stderr
    assert "families.bus.metrics[1].kind (line 2" in found.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["--spec", "nowhere.yml"], ["--only", "bus_helth"]])
def test_what_is_not_there_exits_2(run: Callable[..., Result], tmp_path: Path, arguments: list[str]) -> None:
    assert run(generate, *arguments, "--output", tmp_path).exit_code == 2


def test_only_makes_those_and_the_manifest_lists_the_others_with_0(run: Callable[..., Result], tmp_path: Path) -> None:
    assert run(generate, "--output", tmp_path, "--only", "bus_health,governance").exit_code == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    counts = {entry["slug"]: entry["panel_count"] for entry in manifest["dashboards"]}

    assert sorted(path.name for path in tmp_path.glob("*.json")) == [
        "bus_health.json",
        "governance.json",
        "manifest.json",
    ]
    assert manifest["count"] == 2
    assert len(counts) == 13
    assert counts["column_store"] == 0
    assert counts["bus_health"] > 0


@pytest.mark.parametrize("name", ["DASHBOARD_DENSE", "G6_DASHBOARD_DENSE"])
def test_dense_by_environment_is_the_same_as_by_flag(run: Callable[..., Result], tmp_path: Path, name: str) -> None:
    run(generate, "--output", tmp_path / "a", "--dense")
    run(generate, "--output", tmp_path / "b", **{name: "1"})

    assert (tmp_path / "a" / "bus_health.json").read_bytes() == (tmp_path / "b" / "bus_health.json").read_bytes()


def test_egress_frozen_changes_nothing(run: Callable[..., Result], made: Path, tmp_path: Path) -> None:
    assert run(generate, "--output", tmp_path / "frozen", G6_EGRESS_FROZEN="1").exit_code == 0
    for path in (tmp_path / "frozen").glob("*_*.json"):
        assert path.read_bytes() == (made / path.name).read_bytes()


def test_the_manifest_takes_its_time_from_the_environment(made: Path) -> None:
    assert json.loads((made / "manifest.json").read_text())["generated_at_unix"] == 1_700_000_000


def test_a_plan_file_takes_the_place_of_the_shipped_plans(run: Callable[..., Result], tmp_path: Path) -> None:
    plan = tmp_path / "plan.yml"
    plan.write_text("plans: [{slug: mine, title: Mine, families: [bus, nosuch]}]\n")
    found = run(generate, "--plan", plan, "--output", tmp_path / "out")

    assert found.exit_code == 0
    assert "mine: family 'nosuch' is not in the spec" in found.stderr
    assert (tmp_path / "out" / "mine.json").exists()


def test_inventory_export_in_both_formats_with_filter_and_exit_codes(
    run: Callable[..., Result], made: Path, tmp_path: Path
) -> None:
    as_csv = run(inventory, "export", "--dir", made)
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    as_jsonl = run(inventory, "export", "--dir", made, "--format", "jsonl")
    filtered = run(inventory, "export", "--dir", made, "--filter-source", "spec,auto_topk")

    assert as_csv.exit_code == 0
    assert rows == [json.loads(line) for line in as_jsonl.stdout.splitlines()]
    assert {row["source"] for row in csv.DictReader(io.StringIO(filtered.stdout))} == {"spec", "auto_topk"}
    assert run(inventory, "export", "--dir", made, "--format", "xml").exit_code == 2
    assert run(inventory, "export", "--dir", made, "--filter-source", "nosuch").exit_code == 3
    assert run(inventory, "export", "--dir", tmp_path / "nowhere").exit_code == 3


def test_inventory_diff_exits_7_and_writes_json(run: Callable[..., Result], made: Path, tmp_path: Path) -> None:
    one, other, out = tmp_path / "one.csv", tmp_path / "other.csv", tmp_path / "diff.json"
    run(inventory, "export", "--dir", made, "--out", one)
    other.write_text("".join(one.read_text().splitlines(keepends=True)[:-1]))

    assert run(inventory, "diff", one, one).exit_code == 0
    assert run(inventory, "diff", one, other, "--json-out", out).exit_code == 7
    assert len(json.loads(out.read_text())["removed"]) == 1
    assert run(inventory, "diff", one, tmp_path / "nowhere").exit_code == 2


def test_coverage_exits_7_on_gaps_and_0_without(run: Callable[..., Result], made: Path) -> None:
    assert run(inventory, "coverage", "--dir", made).exit_code == 0
    (made / "governance.json").unlink()
    found = run(inventory, "coverage", "--dir", made)
    assert found.exit_code == 7
    assert "no panel: governance_unowned_dashboards" in found.stdout


@pytest.mark.parametrize(
    ("script", "arguments", "code"),
    [
        ("gen_dashboards_modular.py", ["--verify", "--output", "{made}"], 0),
        ("gen_dashboards_modular.py", ["--verify", "--output", "{tmp}"], 6),
        ("export_dashboard_inventory.py", ["--dir", "{tmp}/none"], 3),
        ("diff_dashboard_inventory.py", ["{tmp}/a", "{tmp}/b"], 2),
    ],
)
def test_the_scripts_have_the_same_flags_and_exit_codes(
    made: Path, tmp_path: Path, script: str, arguments: list[str], code: int
) -> None:
    filled = [argument.format(made=made, tmp=tmp_path) for argument in arguments]
    run = subprocess.run(
        [sys.executable, shipped("scripts", script), *filled],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(shipped())},
    )
    assert run.returncode == code, run.stderr


def test_the_shipped_dashboards_are_fresh(run: Callable[..., Result]) -> None:
    found = run(generate, "--verify", "--output", shipped("config", "grafana", "dashboards", "generated"))

    assert found.exit_code == 0, found.stdout


def test_only_and_verify_look_at_those_alone(run: Callable[..., Result], made: Path) -> None:
    (made / "governance.json").unlink()

    assert run(generate, "--output", made, "--verify", "--only", "bus_health").exit_code == 0
    found = run(generate, "--output", made, "--verify", "--only", "bus_health,governance")
    assert (found.exit_code, found.stdout) == (6, "missing:governance\n")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_text("{"), "bus_health.json has 1 problem(s)"),
        (lambda path: (path.unlink(), path.mkdir()), "bus_health.json cannot be read: Is a directory"),
        (lambda path: path.write_text('{"apiVersion": "v2"}'), "export the classic (v1) JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_missing_and_the_reason_is_told(
    run: Callable[..., Result], made: Path, damage: Callable[..., Any], words: str
) -> None:
    damage(made / "bus_health.json")
    found = run(generate, "--output", made, "--verify")

    assert (found.exit_code, found.stdout) == (6, "missing:bus_health\n")
    assert words in found.stderr


def test_the_time_of_generation_is_no_drift(run: Callable[..., Result], made: Path) -> None:
    manifest = json.loads((made / "manifest.json").read_text())
    (made / "manifest.json").write_text(json.dumps(manifest | {"generated_at_unix": 1}))

    assert run(generate, "--output", made, "--verify").exit_code == 0


@pytest.mark.parametrize("name", ["DASHBOARD_DIFF_VERBOSE", "G6_DASHBOARD_DIFF_VERBOSE"])
def test_the_script_tells_titles_when_the_environment_asks_for_them(made: Path, name: str) -> None:
    document = json.loads((made / "bus_health.json").read_text())
    title = document["panels"].pop()["title"]
    (made / "bus_health.json").write_text(json.dumps(document))
    done = subprocess.run(
        [sys.executable, shipped("scripts", "gen_dashboards_modular.py"), "--verify", "--output", made],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(shipped()), name: "1"},
    )

    assert done.returncode == 6
    lines = done.stdout.splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("added:bus_health:1", "DRIFT_DETAILS_BEGIN", "DRIFT_DETAILS_END")
    assert json.loads(lines[2])["added_titles"] == [title]


def test_a_link_in_the_place_of_a_dashboard_is_replaced_and_never_followed(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious"
    out.mkdir()
    precious.write_text("mine")
    (out / "bus_health.json").symlink_to(precious)

    assert run(generate, "--output", out, "--only", "bus_health").exit_code == 0
    assert precious.read_text() == "mine"
    assert not (out / "bus_health.json").is_symlink()


def test_an_output_folder_may_be_a_link_of_the_operators(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "real")

    assert run(generate, "--output", tmp_path / "linked", "--only", "bus_health").exit_code == 0
    assert (tmp_path / "real" / "bus_health.json").is_file()


@pytest.mark.parametrize("place", ["/proc/nowhere", "{tmp}/file/below"])
def test_a_folder_that_cannot_be_written_exits_2_with_the_reason(
    run: Callable[..., Result], tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    found = run(generate, "--output", place.format(tmp=tmp_path), "--only", "bus_health")

    assert found.exit_code == 2
    assert "cannot be written" in found.stderr


def test_a_plan_whose_slug_is_a_path_writes_nothing(run: Callable[..., Result], tmp_path: Path) -> None:
    plan = tmp_path / "plan.yml"
    plan.write_text("plans: [{slug: ../../escaped, families: [bus]}]\n")

    assert run(generate, "--plan", plan, "--output", tmp_path / "a" / "b").exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plan.yml"]


def left_over(made: Path, slug: str = "gone") -> int:
    """Put a dashboard into the folder that a generator made and no plan makes; gives its number of panels."""
    document = json.loads((made / "bus_health.json").read_text())
    (made / f"{slug}.json").write_text(json.dumps(document))
    return len(document["panels"])


def test_what_is_not_made_any_more_is_drift_unless_some_are_chosen(run: Callable[..., Result], made: Path) -> None:
    panels = left_over(made)
    (made / "foreign.json").write_text('{"title": "mine", "panels": []}')
    (made / "broken.json").write_text("{")
    found = run(generate, "--output", made, "--verify")

    assert (found.exit_code, found.stdout) == (6, f"removed:gone:{panels}\n")
    assert run(generate, "--output", made, "--verify", "--only", "bus_health").exit_code == 0


def test_what_is_left_over_is_named_and_removed_on_request(run: Callable[..., Result], made: Path) -> None:
    left_over(made)
    (made / "foreign.json").write_text('{"title": "mine", "panels": []}')
    named = run(generate, "--output", made)
    assert "left as they are (--prune removes them): gone" in named.stderr
    assert (made / "gone.json").exists()
    assert run(generate, "--output", made, "--only", "bus_health").stderr == ""

    pruned = run(generate, "--output", made, "--prune")
    assert (pruned.exit_code, "removed: gone" in pruned.stderr) == (0, True)
    assert not (made / "gone.json").exists()
    assert (made / "foreign.json").exists()
    assert run(generate, "--output", made, "--verify").exit_code == 0


def test_pruning_a_link_leaves_what_it_points_to(run: Callable[..., Result], made: Path, tmp_path: Path) -> None:
    left_over(made)
    (made / "gone.json").rename(tmp_path / "kept.json")
    (made / "gone.json").symlink_to(tmp_path / "kept.json")

    assert run(generate, "--output", made, "--prune").exit_code == 0
    assert not (made / "gone.json").is_symlink()
    assert (tmp_path / "kept.json").exists()


@pytest.mark.parametrize(
    ("change", "token"),
    [
        (lambda said: said | {"count": 12}, "changed:manifest:1"),
        (lambda said: said | {"dashboards": said["dashboards"][1:]}, "changed:manifest:1"),
        (lambda said: said | {"more": 1}, "changed:manifest:1"),
        (lambda said: said | {"spec_hash": "0" * 16}, "spec:manifest"),
        (lambda said: [], "missing:manifest"),
        (lambda said: None, "missing:manifest"),
    ],
)
def test_a_manifest_that_is_not_true_is_drift_and_is_mended(
    run: Callable[..., Result], made: Path, change: Callable[..., Any], token: str
) -> None:
    path = made / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    found = run(generate, "--output", made, "--verify")

    assert (found.exit_code, found.stdout) == (6, f"{token}\n")
    assert run(generate, "--output", made, "--verify", "--only", "bus_health").exit_code == 0
    assert run(generate, "--output", made).exit_code == 0
    assert run(generate, "--output", made, "--verify").exit_code == 0


def test_a_missing_manifest_is_drift(run: Callable[..., Result], made: Path) -> None:
    (made / "manifest.json").unlink()

    assert run(generate, "--output", made, "--verify").stdout == "missing:manifest\n"


def test_a_plan_without_panels_does_not_make_the_manifest_new_each_time(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    plan, out = tmp_path / "plan.yml", tmp_path / "out"
    plan.write_text("plans: [{slug: mine, families: [bus]}, {slug: nothing, families: [nosuch]}]\n")
    run(generate, "--plan", plan, "--output", out)
    before = (out / "manifest.json").stat().st_mtime_ns

    assert run(generate, "--plan", plan, "--output", out).exit_code == 0
    assert (out / "manifest.json").stat().st_mtime_ns == before
