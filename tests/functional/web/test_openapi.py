"""The API's description: valid OpenAPI 3.1, complete, and true."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.support.app import LiveApp, running_app

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[LiveApp]:
    with running_app(tmp_path_factory.mktemp("openapi"), empty_database=sqlite_template) as running:
        yield running


@pytest.fixture(scope="module")
def document(app: LiveApp) -> Any:
    return app.call("GET", "/api/openapi.json").json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method.upper(), operation


def test_it_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_described(app: LiveApp, document: Any) -> None:
    described = {(method, path) for path, method, _ in operations(document)}
    for rule in app.app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = rule.rule.replace("<", "{").replace(">", "}")
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert (method, path) in described
    assert len(described) >= 26


def test_every_operation_says_what_it_does_who_may_and_how_it_fails(document: Any) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(document):
        place = f"{method} {path}"
        assert operation["summary"].endswith("."), place
        assert operation["security"] == [{"token": []}, {"session": []}], place
        assert any(status.startswith("2") for status in operation["responses"]), place
        for status in ("400", "401", "403", "422", "429", "500"):
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}, place
        if "{" in path and "tokens" not in path and method == "GET":
            assert "404" in operation["responses"], place
        if "requestBody" in operation:
            assert {"413", "415"} <= operation["responses"].keys(), place
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        for part in path.split("/"):
            if part.startswith("{"):
                assert part.strip("{}") in names, place


def test_the_hooks_body_and_wait_are_described_though_checked_elsewhere(document: Any) -> None:
    put = document["paths"]["/api/devices/{device_id}"]["put"]
    assert {parameter["name"] for parameter in put["parameters"]} == {"device_id", "wait"}
    body = put["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    fields = document["components"]["schemas"][body.rpartition("/")[2]]["properties"]
    assert set(fields) == {"hostname", "kind", "labels", "address", "share"}


def test_the_pages_know_the_api_as_it_is(document: Any, tmp_path: Path) -> None:
    described, fresh = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    described.write_text(json.dumps(document), encoding="utf-8")
    command = ["node_modules/.bin/vite-node", "tooling/api-types.ts", str(described), str(fresh)]
    path = f"{ROOT / '.venv' / 'node'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=ROOT / "frontend", env={**os.environ, "PATH": path}, check=True, timeout=60)
    kept = (ROOT / "frontend" / "src" / "lib" / "schema.d.ts").read_text(encoding="utf-8")
    assert kept == fresh.read_text(encoding="utf-8"), "the API has changed: cd frontend && npm run api"
