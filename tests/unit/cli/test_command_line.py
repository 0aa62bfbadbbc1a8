"""The command line on a real database in this process: answers, tables, JSON, exit codes and words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend_server.cli.errors import EXIT_CODES, exit_code_of, words_of
from backend_server.cli.main import _COMMANDS
from backend_server.cli.settings import settings_page
from backend_server.errors import DashwrightError, InvalidInput, Problem, UpstreamTimeout
from backend_server.settings.table import documented_fields

ROOT = Path(__file__).parents[3]
Run = Callable[..., tuple[int, str, str]]


def test_a_device_is_added_listed_retired_and_revived(prepared: Run) -> None:
    code, out, _ = prepared("device", "add", "rig-1", "--hostname", "Rig 1", "--label", "site=north", "--json")
    assert code == 0
    first = json.loads(out)
    assert first["device"]["labels"] == {"site": "north"}
    assert prepared("device", "list")[1].splitlines()[1].split("\t")[:3] == ["rig-1", "Rig 1", "generic"]
    assert "is retired" in prepared("device", "retire", "rig-1")[1]
    assert json.loads(prepared("device", "list", "--state", "retired", "--json")[1])[0]["device"]["id"] == "rig-1"
    code, out, _ = prepared("device", "revive", "rig-1", "--json")
    assert json.loads(out)["link"]["token"] == first["link"]["token"]
    assert "rig-1  Rig 1  generic  active" in prepared("device", "show", "rig-1")[1]


def test_a_plan_tells_its_steps_and_sums(prepared: Run) -> None:
    prepared("device", "add", "rig-1")
    code, out, _ = prepared("plan")
    assert code == 0
    assert out.splitlines()[-1] == "1 × write; 1 document unchanged."  # the fleet's overview
    assert out.startswith("write ")
    assert ".json" in out
    assert json.loads(prepared("plan", "--json")[1])["steps"][0]["action"] == "write"


def test_apply_writes_the_files_and_a_second_time_nothing(prepared: Run) -> None:
    prepared("device", "add", "rig-1")
    code, out, err = prepared("apply", "--wait")
    assert code == 0, err
    assert "1 written, 0 failed, 0 left." in out
    assert prepared("plan")[1] == "Nothing to do: 2 documents as wanted.\n"
    assert json.loads(prepared("apply", "--json")[1])["written"] == []


def test_a_link_is_created_listed_and_revoked(prepared: Run) -> None:
    prepared("device", "add", "rig-1")
    code, out, err = prepared("link", "create", "rig-1", "--label", "wall", "--theme", "dark", "--json")
    assert code == 0, err
    token = json.loads(out)["token"]
    listed = json.loads(prepared("link", "list", "--device", "rig-1", "--json")[1])
    assert listed[0]["label"] == "wall"
    assert prepared("link", "revoke", token)[0] == 0
    assert json.loads(prepared("link", "list", "--state", "revoked", "--json")[1])[0]["token"] == token


def test_a_token_is_made_shown_once_and_revoked_by_name(prepared: Run) -> None:
    code, out, _ = prepared("token", "create", "ci", "--role", "viewer", "--scope", "devices:read")
    assert code == 0
    assert out.startswith("dw_")
    assert out.strip() not in prepared("token", "list", "--json")[1]
    assert prepared("token", "revoke", "ci")[0] == 0
    assert prepared("token", "revoke", "nobody") == (
        4,
        "",
        "There is no API token 'nobody'; `dashwright token list` shows all.\n",
    )


def test_templates_are_checked_listed_shown_and_filled(prepared: Run, tmp_path: Path) -> None:
    good = ROOT / "dashboard_templates" / "miner.json"
    assert prepared("template", "check", str(good))[0] == 0
    bad = tmp_path / "bad.json"
    bad.write_text('{"panels": [,]}')
    code, _, err = prepared("template", "check", str(bad))
    assert code == 8
    assert "bad.json" in err
    assert "line 1" in err
    assert "miner.json\tmain\tdevice" in prepared("template", "list")[1]
    assert json.loads(prepared("template", "show", "miner")[1])["__template__"]
    prepared("device", "add", "rig-1", "--kind", "miner")
    for arguments in (("rig-1",), ("rig-1", "--template", "miner")):
        code, out, err = prepared("template", "render", *arguments)
        assert code == 0, err
        assert json.loads(out)["title"] == "rig-1"
    assert prepared("template", "render", "rig-1", "--slot", "none")[0] == 4


def test_of_two_templates_for_the_same_devices_the_list_says_which_wins(
    prepared: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    monkeypatch.setenv("TEMPLATES_DIR", str(folder))
    source = json.loads((ROOT / "dashboard_templates" / "generic.json").read_text())
    for name in ("one", "two"):
        (folder / f"{name}.json").write_text(json.dumps(source))
    source["templating"] = {"list": [{"name": "site", "type": "custom", "query": "a,b"}]}
    (folder / "two.json").write_text(json.dumps(source))
    prepared("apply")
    lines = prepared("template", "list")[1].splitlines()
    assert [line.split("\t")[-1] for line in lines if line.startswith("two")] == [
        "applies to the same devices and slot as one.json, which wins"
    ]
    code, out, err = prepared("template", "check", str(folder / "two.json"))
    assert (code, "two.json: good" in out) == (0, True)
    assert "a shared dashboard will not show it all: templating.list[0]: variable" in err


def test_an_exported_dashboard_becomes_a_template(
    prepared: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPLATES_DIR", str(tmp_path / "templates"))
    (tmp_path / "templates").mkdir()
    exported = tmp_path / "router.json"
    target = {"refId": "A", "expr": 'up{instance="10.0.0.7:9100"}', "datasource": {"type": "prometheus", "uid": "p"}}
    panel = {"id": 1, "type": "stat", "title": "Up", "gridPos": {"x": 0, "y": 0, "w": 6, "h": 4}, "targets": [target]}
    exported.write_text(json.dumps({"title": "Router", "uid": "abc", "schemaVersion": 39, "panels": [panel]}))
    code, out, err = prepared(
        "template", "import", str(exported), "--name", "edge", "--replace", "10.0.0.7:9100=device.labels.instance"
    )
    assert code == 0, err
    made = Path(out.strip())
    assert made == tmp_path / "templates" / "edge.json"
    assert "device.labels.instance" in made.read_text()
    code, _, err = prepared("template", "import", str(exported), "--name", "edge")
    assert code == 2
    assert "is there already" in err


def test_a_changed_template_is_planned_device_by_device(prepared: Run, tmp_path: Path) -> None:
    for device in ("rig-1", "rig-2"):
        prepared("device", "add", device, "--kind", "miner")
    shipped = json.loads((ROOT / "dashboard_templates" / "miner.json").read_text())
    changed = tmp_path / "miner.json"
    changed.write_text(json.dumps(shipped))
    assert prepared("template", "plan", str(changed)) == (0, "0 of 2 devices would change.\n", "")
    shipped["panels"][0]["title"] = "Renamed"
    shipped["panels"].append({**shipped["panels"][0], "id": 999, "title": "Note"})
    changed.write_text(json.dumps(shipped))
    code, out, err = prepared("template", "plan", str(changed))
    assert code == 0, err
    first, *devices = out.splitlines()
    assert first == "2 of 2 devices would change."
    assert [line.split()[0] for line in devices] == ["rig-1", "rig-2"]
    assert "(main): added " in devices[0]
    assert "Renamed" in devices[0]
    assert "Note" in devices[0]
    shipped["panels"][1]["title"] = "<< device.labels.rack >>"
    changed.write_text(json.dumps(shipped))
    assert "rig-1 (main): cannot be filled: " in prepared("template", "plan", str(changed))[1]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("device", "show", "none"), 4, "none"),
        (("device", "add", "../grafana"), 8, "'../grafana' cannot be used"),
        (("device", "add", "a", "--label", "site"), 8, "--label: is 'site'; write NAME=VALUE"),
        (("device", "add", "a", "--address", "ftp://x"), 8, "address"),
        (("link", "revoke", "zzz"), 8, "is not a link's token"),
        (("link", "create", "none"), 4, "none"),
        (("nonsense",), 2, "No such command"),
        (("device", "list", "--url", "dashwright"), 2, "must look like http://host:5109"),
        (
            ("device", "list", "--url", "http://127.0.0.1:1", "--token", "x"),
            10,
            "Dashwright at http://127.0.0.1:1 cannot be reached",
        ),
        (("device", "list", "--url", "http://127.0.0.1:1", "--token", "dw_…"), 2, "holds characters no token has"),
    ],
)
def test_each_kind_of_mistake_has_its_code_and_its_words(
    prepared: Run, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, _, err = prepared(*arguments)
    assert (found, words in err) == (code, True), err
    assert "Traceback" not in err


@pytest.mark.parametrize("empty_file", [False, True])
def test_without_prepare_the_way_out_is_told(run: Run, tmp_path: Path, empty_file: bool) -> None:
    database = tmp_path / "data" / "dashwright.db"
    if empty_file:
        database.parent.mkdir()
        database.touch()
    code, _, err = run("device", "add", "rig-1")
    assert code == 2
    told = "has been emptied (0 bytes)" if empty_file else "; name a running service with --url, or set DATA_DIR"
    assert f"{database} {told}" in err if empty_file else f"There is no database at {database}{told}" in err
    assert ("restore" if empty_file else "prepare") in err
    assert database.exists() is database.parent.exists() is empty_file, "nothing is made"


def test_a_templates_folder_that_is_not_there_is_refused_at_the_start(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPLATES_DIR", str(tmp_path / "none"))
    code, _, err = run("prepare")
    assert code == 2
    assert f"TEMPLATES_DIR is {tmp_path / 'none'}, which cannot be read (No such file or directory)" in err
    assert "leave TEMPLATES_DIR out for the shipped ones" in err


def test_all_problems_of_an_input_stand_one_on_a_line() -> None:
    fault = InvalidInput([Problem("a", "is wrong"), Problem("b", "is too", line=3)], what="The device")
    assert words_of(fault) == "The device has 2 problem(s):\n  a: is wrong\n  b (line 3, column 1): is too"


def test_every_error_of_the_tree_has_an_exit_code_that_the_docs_name() -> None:
    codes = {code for _, code, _ in EXIT_CODES}
    page = (ROOT / "docs" / "running.md").read_text()
    for code in codes:
        assert f"\n| {code} |" in page
    assert exit_code_of(UpstreamTimeout("x")) == 10
    assert exit_code_of(DashwrightError("x")) == 1


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_has_help_and_stands_in_the_docs(run: Run, name: str) -> None:
    code, out, _ = run(name, "--help")
    assert code == 0
    assert "Usage: dashwright" in out
    assert name in (ROOT / "docs" / "running.md").read_text()


def test_the_settings_page_is_fresh() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page(), (
        "write it anew: dashwright settings --markdown > docs/settings.md"
    )


def test_settings_are_shown_without_their_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", "hunter2-hunter2")
    _, out, _ = run("settings")
    assert "hunter2" not in out
    assert "ADMIN_PASSWORD\t(set)" in out
    found = json.loads(run("settings", "--json")[1])
    assert found["ADMIN_PASSWORD"] is True
    assert set(found) == {name.upper() for name in documented_fields()}


def test_the_openapi_document_is_printed(prepared: Run) -> None:
    assert json.loads(prepared("openapi")[1])["openapi"].startswith("3.1")
