"""`/api/admin/settings` and `/api/datasources`: what Grafana tells an administrator of how it was started."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from tests.fakes.grafana.answers import Answer, forbidden, json_answer
from tests.fakes.grafana.providers import Datasource
from tests.fakes.grafana.request import AuthRules, Who, need_server_admin


class Started(Protocol):
    """How the fake was started; `ini` is laid over what its other arguments say."""

    auth: AuthRules
    allow_embedding: bool
    root_url: str
    ini: Mapping[str, Mapping[str, str]]
    datasources: dict[str, Datasource]


def own_settings(started: Started, who: Who) -> Answer:
    """Answer with the sections that matter here; secrets are stars, as in Grafana."""
    refused = need_server_admin(who, "settings:read")
    if refused is not None:
        return refused
    told: dict[str, dict[str, str]] = {
        "server": {"root_url": started.root_url, "serve_from_sub_path": "true"},
        "auth.proxy": {
            "enabled": "true",
            "whitelist": started.auth.whitelist,
            "auto_sign_up": str(started.auth.auto_sign_up).lower(),
            "headers": "",
        },
        "security": {
            "allow_embedding": str(started.allow_embedding).lower(),
            "csrf_always_check": str(started.auth.csrf_always_check).lower(),
            "secret_key": "*********",
        },
        "auth.anonymous": {"enabled": "false"},
        "snapshots": {"public_mode": "false", "external_enabled": "false"},
        "classic_provisioning": {"dashboards_server_lock_max_interval_seconds": "3"},
    }
    sections = dict.fromkeys([*told, *started.ini])
    return json_answer(200, {name: {**told.get(name, {}), **started.ini.get(name, {})} for name in sections})


def list_datasources(started: Started, who: Who) -> Answer:
    """Answer with the org's datasources."""
    if who.role != "Admin":
        return forbidden("datasources:read")
    listed = [
        {
            "id": number,
            "uid": one.uid,
            "orgId": 1,
            "name": one.name,
            "type": one.type,
            "access": one.access,
            "url": one.url,
            "user": one.user,
        }
        for number, one in enumerate(started.datasources.values(), 1)
    ]
    return json_answer(200, listed)
