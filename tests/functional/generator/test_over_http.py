"""The generator and packs over HTTP and from the command line, on a running application."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from backend_server.accounts import Role, Scope
from backend_server.cli.main import call
from backend_server.primitives.ids import Maker, dashboard_uid
from backend_server.primitives.shipped import shipped
from tests.support.app import LiveApp
from tests.support.prometheus import wait_until

SMALL = """version: 1
families:
  bus:
    metrics:
      - {name: bus_events_total, kind: counter, labels: [topic], unit: short, help: Events}
      - {name: bus_lag, kind: gauge, labels: [consumer], unit: short,
         alerts: [{name: Behind, expr: "max(bus_lag) > 5"}]}
  store:
    metrics: [{name: store_seconds, kind: histogram, unit: s}]
"""
PLAN = "plans: [{slug: bus, title: Bus, families: [bus]}, {slug: store, title: Store, families: [store]}]\n"
BUS = dashboard_uid(Maker.GENERATOR, "main", "bus")


def post(app: Any, path: Any, status: int = 200, **body: Any) -> Any:
    answer = app.call("POST", f"/api/generator/{path}", body)
    assert answer.status == status, answer.body
    return answer


def provision(app: Any, **more: Any) -> Any:
    return post(app, "provision", spec=SMALL, plan=PLAN, **more).json()


def states(app: Any) -> Any:
    return {one["slug"]: one["state"] for one in app.call("GET", "/api/generator/documents").json()}


def marks(app: Any) -> Any:
    """Return the time of every generated file, and how many deeds the audit has."""
    files = {path.name: path.stat().st_mtime_ns for path in app.settings.dashboards_dir.glob("packs/*/*.json")}
    return files, app.call("GET", "/api/audit").headers["X-Total-Count"]


def test_provisioned_dashboards_are_served_linked_and_shown(live_app: LiveApp) -> None:
    assert provision(live_app)["created"] == ["bus", "store"]
    wait_until(lambda: states(live_app) == {"bus": "live", "store": "live"}, what="live dashboards")

    link = live_app.call("POST", "/api/links", {"document": BUS}).json()
    assert link["document"] == BUS
    page = live_app.call("GET", f"/grafana/public-dashboards/{link['token']}", token=None)
    shown = live_app.call("GET", f"/grafana/api/public/dashboards/{link['token']}", token=None).json()

    assert page.status == 200
    assert shown["dashboard"]["title"] == "Bus"
    assert "bus_events_total" not in json.dumps(shown)
    file = live_app.settings.dashboards_dir / "packs" / "Generated" / f"{BUS}.json"
    assert json.loads(file.read_text())["dashwright"]["maker"] == "gen"


def test_a_link_works_before_the_first_pass(live_app: LiveApp) -> None:
    with live_app.passes.hold():
        provision(live_app)
        token = live_app.call("POST", "/api/links", {"document": BUS}).json()["token"]
        answer = live_app.call("GET", f"/grafana/api/public/dashboards/{token}", token=None)

    assert answer.json()["dashboard"]["title"] == "Bus"


def test_provisioning_again_changes_nothing_and_what_is_left_out_stays_until_pruned(live_app: LiveApp) -> None:
    provision(live_app)
    wait_until(lambda: set(states(live_app).values()) == {"live"}, what="live dashboards")
    before = marks(live_app)

    assert provision(live_app)["unchanged"] == ["bus", "store"]
    assert marks(live_app) == before
    assert provision(live_app, only=["bus"])["left"] == ["store"]
    assert set(states(live_app)) == {"bus", "store"}
    assert provision(live_app, only=["bus"], prune=True)["withdrawn"] == ["store"]
    assert set(states(live_app)) == {"bus"}


def test_a_withdrawn_dashboard_ends_its_links_at_once_and_comes_back_with_them(live_app: LiveApp) -> None:
    provision(live_app)
    token = live_app.call("POST", "/api/links", {"document": BUS}).json()["token"]
    public = f"/grafana/api/public/dashboards/{token}"

    assert live_app.call("DELETE", "/api/generator/documents/bus").status == 200
    assert live_app.call("GET", public, token=None).status == 410
    assert live_app.call("DELETE", "/api/generator/documents/bus").status == 404
    assert live_app.call("POST", "/api/links", {"document": BUS}).status == 404
    file = live_app.settings.dashboards_dir / "packs" / "Generated" / f"{BUS}.json"
    wait_until(lambda: not file.exists(), what="the file's end")

    provision(live_app)
    assert live_app.call("GET", public, token=None).status == 200


def test_a_spec_is_checked_and_every_problem_told(live_app: LiveApp) -> None:
    good = post(live_app, "specs/check", source=SMALL).json()
    bad = post(live_app, "specs/check", source=SMALL.replace("counter", "conter")).json()
    refused = post(live_app, "generate", 422, spec=SMALL.replace("counter", "conter")).json()

    assert (good["ok"], good["families"]) == (True, {"bus": 2, "store": 1})
    assert (bad["ok"], bad["problems"][0]["line"]) == (False, 5)
    assert "did you mean 'counter'?" in bad["problems"][0]["message"]
    assert refused["error"]["details"]["problems"] == bad["problems"]


def test_the_shipped_spec_plans_and_schema_are_given_and_fit_each_other(live_app: LiveApp) -> None:
    import yaml

    (listed,) = live_app.call("GET", "/api/generator/specs").json()
    spec = live_app.call("GET", "/api/generator/specs/base").json()
    schema = live_app.call("GET", "/api/generator/schema").json()
    plans = live_app.call("GET", "/api/generator/plans").json()

    assert spec["source"] == shipped("metrics", "spec", "base.yml").read_text()
    assert spec["hash"] == listed["hash"]
    jsonschema.validate(yaml.safe_load(spec["source"]), schema)
    assert len(plans) == 13
    assert live_app.call("GET", "/api/generator/specs/other").status == 404
    assert post(live_app, "plans/check", source=PLAN).json()["plans"][0]["slug"] == "bus"
    assert post(live_app, "plans/check", source="plans: [{}]").json()["ok"] is False


def test_generating_answers_with_the_bytes_of_the_command(live_app: LiveApp) -> None:
    made = post(live_app, "generate", only=["bus_health"]).json()["dashboards"][0]
    file = shipped("config", "grafana", "dashboards", "generated", "bus_health.json")

    assert made["document"] == json.loads(file.read_text())
    assert made["panel_count"] == len(made["document"]["panels"])
    unknown = post(live_app, "generate", 422, only=["bus_helth"]).json()["error"]["details"]["problems"][0]
    assert "did you mean 'bus_health'?" in unknown["message"]


def test_verify_compares_what_is_provisioned_or_given(live_app: LiveApp) -> None:
    assert post(live_app, "verify", spec=SMALL, plan=PLAN).json()["tokens"] == ["missing:bus", "missing:store"]
    provision(live_app)
    assert post(live_app, "verify", spec=SMALL, plan=PLAN).json() == {
        "drift": False, "tokens": [], "details": [], "warnings": []
    }  # fmt: skip
    given = post(live_app, "generate", spec=SMALL, plan=PLAN, only=["bus"]).json()["dashboards"][0]["document"]
    removed = given["panels"].pop()["title"]
    found = post(live_app, "verify", spec=SMALL, plan=PLAN, only=["bus"], dashboards={"bus": given}).json()

    assert found["tokens"] == ["added:bus:1"]
    assert found["details"][0]["added_titles"] == [removed]


def test_verify_finds_what_no_plan_makes_any_more(live_app: LiveApp) -> None:
    provision(live_app)
    fewer = "plans: [{slug: bus, title: Bus, families: [bus]}]\n"
    found = post(live_app, "verify", spec=SMALL, plan=fewer).json()

    assert found["tokens"] == ["removed:store:2"]
    assert len(found["details"][0]["removed_titles"]) == 2
    assert post(live_app, "verify", spec=SMALL, plan=PLAN, only=["bus"]).json()["tokens"] == []


@pytest.mark.parametrize("path", ["verify", "coverage"])
@pytest.mark.parametrize("levels", [102, 240, 900])
def test_a_document_nested_without_end_is_refused(live_app: LiveApp, path: str, levels: int) -> None:
    deep = b'{"panels":[' * (levels // 2) + b"]}" * (levels // 2)
    answer = live_app.call("POST", f"/api/generator/{path}", b'{"dashboards": {"bus_health": {"panels": [%s]}}}' % deep)

    assert (answer.status, answer.json()["error"]["code"]) == (422, "invalid")


def test_a_range_the_parser_panics_at_is_answered(live_app: LiveApp) -> None:
    panel = "{title: T, promql: 'rate(m[1e30])'}"
    spec = f"version: 1\nfamilies: {{bus: {{metrics: [{{name: m, kind: counter, panels: [{panel}]}}]}}}}\n"
    dashboards = {"bus": {"panels": [{"title": "T", "type": "timeseries", "targets": [{"expr": "m offset 1e30"}]}]}}

    assert "out of range" in live_app.call("POST", "/api/generator/specs/check", {"source": spec}).body.decode()
    assert "bus: T (m offset 1e30)" in post(live_app, "coverage", spec=SMALL, dashboards=dashboards).body.decode()


def test_inventory_coverage_rules_and_differences(live_app: LiveApp) -> None:
    assert live_app.call("GET", "/api/generator/inventory").status == 404
    provision(live_app)
    entries = live_app.call("GET", "/api/generator/inventory").json()
    as_csv = live_app.call("GET", "/api/generator/inventory?format=csv&source=auto_rate")
    as_lines = live_app.call("GET", "/api/generator/inventory?format=jsonl")

    assert as_csv.headers["Content-Type"].startswith("text/csv")
    assert as_csv.body.decode().splitlines()[1].startswith("bus,Bus events rate (5m),bus_events_total,auto_rate,")
    assert [json.loads(line) for line in as_lines.body.splitlines()] == entries
    lines = as_lines.body.decode()
    less = "".join(lines.splitlines(keepends=True)[1:])
    found = post(live_app, "inventory/diff", previous=lines, current=less).json()
    assert [one["title"] for one in found["removed"]] == [entries[0]["title"]]
    assert post(live_app, "coverage", spec=SMALL).json()["complete"] is True
    assert "bus_health: " not in post(live_app, "coverage", spec=SMALL, dashboards={}).body.decode()
    rules = post(live_app, "rules", spec=SMALL)
    assert rules.headers["Content-Type"].startswith("application/yaml")
    assert "record: store_seconds:p95_5m" in rules.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "body", "viewer"),
    [
        ("POST", "/api/generator/generate", {"only": ["bus_health"]}, 200),
        ("POST", "/api/generator/provision", {"only": ["bus_health"]}, 403),
        ("DELETE", "/api/generator/documents/bus", None, 403),
        ("GET", "/api/generator/discover", None, 403),
        ("GET", "/api/packs", None, 200),
        ("PUT", "/api/packs/generated", None, 403),
        ("DELETE", "/api/packs/generated", None, 403),
    ],
)
def test_reading_is_for_viewers_and_changing_for_editors(
    live_app: LiveApp, method: str, path: str, body: dict[str, Any] | None, viewer: int
) -> None:
    assert live_app.call(method, path, body, token=None).status == 401
    assert live_app.call(method, path, body, token=live_app.token_of(Role.VIEWER)).status == viewer
    assert live_app.call(method, path, body, token=live_app.token_of(Role.EDITOR)).status != 403
    narrow = live_app.token_of(Role.EDITOR, Scope.LINKS_WRITE)
    assert live_app.call(method, path, body, token=narrow).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {"spec": 1}, {"spek": "x"}, {"only": ["../x"]}, {"only": "bus"}, {"folder": "a/b"}, {"folder": ""},
        {"spec": "a: &a [*a]"}, {"spec": "[" * 900 + "]" * 900}, {"plan": "plans: [{slug: ../x, families: [a]}]"},
    ],
)  # fmt: skip
def test_hostile_bodies_are_refused_and_store_nothing(live_app: LiveApp, body: dict[str, Any]) -> None:
    assert post(live_app, "provision", 422, **{"spec": SMALL, **body}).json()["error"]["code"] == "invalid"
    assert states(live_app) == {}


def test_a_pack_is_installed_upgraded_and_removed(live_app: LiveApp) -> None:
    (pack,) = live_app.call("GET", "/api/packs").json()
    assert (pack["name"], pack["state"], len(pack["changes"]["add"])) == ("generated", "not installed", 13)

    installed = live_app.call("PUT", "/api/packs/generated").json()
    assert (installed["state"], len(installed["documents"])) == ("installed", 13)
    wait_until(
        lambda: {one["state"] for one in live_app.call("GET", "/api/packs/generated").json()["documents"]} == {"live"},
        what="live dashboards of the pack",
    )
    before = marks(live_app)
    assert live_app.call("PUT", "/api/packs/generated").status == 200
    assert marks(live_app) == before
    uid = dashboard_uid(Maker.PACK, "generated", "bus_health")
    token = live_app.call("POST", "/api/links", {"document": uid}).json()["token"]

    assert "13 dashboard(s)" in live_app.call("DELETE", "/api/packs/generated").json()["message"]
    assert live_app.call("GET", f"/grafana/public-dashboards/{token}", token=None).status == 410
    assert live_app.call("GET", "/api/packs/generated").json()["state"] == "not installed"
    assert live_app.call("DELETE", "/api/packs/generated").status == 200
    assert live_app.call("PUT", "/api/packs/nosuch").status == 404


def test_the_commands_do_the_same(live_app: LiveApp, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, plan = tmp_path / "spec.yml", tmp_path / "plan.yml"
    spec.write_text(SMALL)
    plan.write_text(PLAN)
    there = ["--url", live_app.base, "--token", live_app.token]
    files = ["--spec", str(spec), "--plan", str(plan)]

    assert call(["generate", *files, "--provision", *there]) == 0
    assert capsys.readouterr().out.endswith("2 created, 0 changed, 0 unchanged, 0 withdrawn.\n")
    assert call(["generate", *files, "--provision", "--only", "bus", *there]) == 0
    assert "Not made any more" in capsys.readouterr().err
    assert call(["generate", "documents", *there]) == 0
    assert BUS in capsys.readouterr().out
    assert call(["generate", "withdraw", "store", *there]) == 0
    assert call(["generate", "withdraw", "store", *there]) == 4
    assert call(["pack", "install", "generated", "--dry-run", *there]) == 0
    assert "Would be: 13 added" in capsys.readouterr().out
    assert call(["pack", "install", "generated", *there]) == 0
    assert call(["pack", "list", *there]) == 0
    assert "generated\tinstalled" in capsys.readouterr().out
    assert call(["pack", "remove", "generated", *there]) == 0


@pytest.mark.parametrize(
    "arguments",
    [["--prune", "--verify"], ["--provision", "--prune", "--only", "bus_health"], ["--provision", "--verify"]],
)
def test_what_would_remove_by_mistake_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        call(["generate", *arguments])
    assert caught.value.code == 2
