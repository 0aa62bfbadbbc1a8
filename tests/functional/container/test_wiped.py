"""The disk vanishes between two starts: links come back under their addresses, or it is said that they do not."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from backend_server.errors import ConfigError
from backend_server.primitives.shipped import shipped
from backend_server.runtime.prepare import prepare_all
from backend_server.runtime.programs import grafana as grafana_program
from backend_server.settings import load_settings
from tests.support.container import TOKEN, Container, environment_for, running
from tests.support.postgres import Postgres
from tests.support.processes import dashwright, get, until


def call(container: Container, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(container.base + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def wipe(environment: Mapping[str, str]) -> None:
    """Lose the disk: state, secrets, dashboards, Grafana's database."""
    for name in ("DATA_DIR", "DASHBOARDS_DIR"):
        shutil.rmtree(environment[name])


def test_with_a_database_every_link_is_back_by_itself(tmp_path: Path, postgres: Postgres) -> None:
    name = postgres.make_database()
    environment = environment_for(tmp_path, DATABASE_URL=postgres.url(name))
    with running(tmp_path, environment) as before:
        before.wait_ready()
        hook = call(before, "PUT", "/api/devices/rig-1", {"hostname": "Rig 1"})
        more = call(before, "POST", "/api/links", {"device": "rig-1", "label": "a second one"})
        urls = [hook["link"]["url"], more["url"]]
        for url in urls:
            until(lambda url=url: get(url)[0] == 200, 60, what=f"{url} is live")  # type: ignore[misc]  # mypy cannot infer the default
        assert before.stop() == 0
    wipe(environment)
    with running(tmp_path, environment) as after:
        after.wait_ready()
        for url in urls:
            until(lambda url=url: get(url)[0] == 200, 60, what=f"{url} is back")  # type: ignore[misc]  # as above
        again = call(after, "PUT", "/api/devices/rig-1", {"hostname": "Rig 1"})
        assert again["link"]["url"] == urls[0]
        assert "Traceback" not in after.log
        assert after.stop() == 0
    postgres.drop_database(name)


def test_without_any_database_derived_links_are_back_once_the_hook_has_called(tmp_path: Path) -> None:
    environment = environment_for(
        tmp_path,
        LINK_TOKENS="derived",
        SECRET_KEY="a secret of the environment, kept across deploys",
        RENDER_EXTERNAL_URL="https://board.test",
    )
    with running(tmp_path, environment) as before:
        before.wait_ready()
        link = call(before, "PUT", "/api/devices/rig-1", {"hostname": "Rig 1"})["link"]
        assert link["url"].startswith("https://board.test/grafana/public-dashboards/")
        local = link["url"].replace("https://board.test", before.base)
        until(lambda: get(local)[0] == 200, 60, what="the link is live")
        assert before.stop() == 0
    wipe(environment)
    with running(tmp_path, environment) as after:
        after.wait_ready()
        assert get(local)[0] == 404, "nobody has told of the device yet"
        again = call(after, "PUT", "/api/devices/rig-1", {"hostname": "Rig 1, renamed meanwhile"})["link"]
        assert (again["url"], again["slug"]) == (link["url"], link["slug"])
        until(lambda: get(local)[0] == 200, 60, what="the link is back")
        health = json.loads(get(f"{after.base}/server/health")[1])
        assert health["components"]["database"]["status"] == "ok", "in this mode nothing is lost with the disk"
        assert "rotation, expiry and further links are refused" in after.log
        assert after.stop() == 0


def test_a_disk_that_may_vanish_is_said_at_the_start_and_in_health(tmp_path: Path) -> None:
    environment = environment_for(tmp_path, RENDER_EXTERNAL_URL="https://board.test")
    with running(tmp_path, environment) as service:
        service.wait_ready()
        warning = next(json.loads(line) for line in service.log.splitlines() if "does not outlive a deploy" in line)
        assert (warning["program"], warning["level"]) == ("prepare", "warning")
        assert "DATABASE_URL" in warning["event"]
        health = json.loads(get(f"{service.base}/server/health")[1])
        assert health["status"] == "degraded"
        assert "links would not survive it" in health["components"]["database"]["message"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param(
            {"LINK_TOKENS": "derived", "API_TOKEN": ""},
            "LINK_TOKENS=derived needs SECRET_KEY and API_TOKEN from the environment",
            id="derived without its secrets",
        ),
        pytest.param(
            {"GRAFANA_SECRET_KEY": "SW2YcwTIb9zpOOhoPsMm"},
            "GRAFANA_SECRET_KEY is a published default",
            id="Grafana's known default",
        ),
        pytest.param(
            {"DATABASE_URL": "postgresql://u:p@one/db", "SUPABASE_DB_HOST": "other", "SUPABASE_DB_PASSWORD": "p"},
            "DATABASE_URL and SUPABASE_DB_* name different databases",
            id="two databases",
        ),
        pytest.param({"API_TOKEN": "short"}, "API_TOKEN is shorter than", id="a weak token"),
        pytest.param({"TRUSTED_PROXIES": "10.0.0"}, "TRUSTED_PROXIES holds '10.0.0'", id="no network"),
    ],
)
def test_what_cannot_be_kept_does_not_start(tmp_path: Path, wrong: dict[str, str], words: str) -> None:
    log = tmp_path / "run.log"
    with dashwright(["run"], {**environment_for(tmp_path), **wrong}, log=log) as process:
        assert process.wait(60) == 2
    told = log.read_text()
    assert words in told
    assert "Traceback" not in told
    assert "SW2YcwTIb9zpOOhoPsMm" not in told


def test_without_the_provider_file_nothing_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "shipped"
    shutil.copytree(shipped("config", "grafana", "provisioning"), copy / "config" / "grafana" / "provisioning")
    (copy / "config" / "grafana" / "provisioning" / "dashboards" / "dashboard.yml").unlink()
    monkeypatch.setattr(grafana_program, "shipped", copy.joinpath)
    with pytest.raises(ConfigError, match=r"dashboard\.yml"):
        prepare_all(load_settings(environment_for(tmp_path)))
