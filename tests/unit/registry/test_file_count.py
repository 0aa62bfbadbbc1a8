"""How far a new device travels through our files: printed, and bounded."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from tests.support.app import API_TOKEN, running_app
from tests.support.tracing import trace

MOST_FILES = 30


def _put(client: FlaskClient, device_id: str) -> int:
    device = {"hostname": "Rig", "kind": "miner", "labels": {"site": "north"}, "address": "http://10.0.0.1"}
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    return client.put(f"/api/devices/{device_id}", json=device, headers=headers).status_code


def test_a_put_of_a_new_device_touches_few_files(tmp_path: Path, sqlite_template: Path) -> None:
    with running_app(tmp_path, empty_database=sqlite_template) as app:
        app.passes.stop()  # what the worker writes meanwhile would be read too
        client = app.app.test_client()
        assert _put(client, "rig-0") == 201
        status, travelled = trace(lambda: _put(client, "rig-1"))
    assert status == 201
    print()
    print(travelled.summary("a PUT of a new device"))
    assert len(travelled.files) <= MOST_FILES, travelled.files
