"""The public page and its boot data: the token once, every datasource of the org with its address, hashed assets."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.fakes.grafana.answers import HTML, JSON_LINE, Answer, go_json
from tests.fakes.grafana.providers import Datasource

VERSION = "12.4.0"
_SCRIPTS = ("runtime.4f9c1a.js", "7312.90ab12.js", "app.3be2d0.js")
_STYLES = ("grafana.app.71c2ee.css",)
_THEMES = {"dark": "grafana.dark.c0ffee.css", "light": "grafana.light.beef01.css"}
_BUILT_IN: dict[str, Any] = {
    "type": "datasource",
    "isDefault": False,
    "preload": False,
    "jsonData": {},
    "readOnly": False,
}


class Page:
    """Makes the page for whatever token is in its address; it is 200 for all of them."""

    def __init__(self, root_url: str, sub_path: str) -> None:
        self._skeleton = json.loads(Path(__file__).with_name("bootdata.json").read_text(encoding="utf-8"))
        self._root_url = root_url
        self._sub_path = sub_path

    def boot_data(
        self, datasources: Mapping[str, Datasource], token: str, theme: str = "dark", language: str = "en-US"
    ) -> dict[str, Any]:
        """Return the boot data: user, settings, navigation, assets."""
        user = {**self._skeleton["user"], "theme": theme, "lightTheme": theme == "light", "language": language}
        user["analytics"] = {"identifier": f"@{self._root_url}"}
        listed = {one.name: self._entry(number, one) for number, one in enumerate(datasources.values(), 1)}
        for kind in ("dashboard", "grafana", "mixed"):
            meta = _plugin(kind)
            listed[meta["name"]] = {
                **_BUILT_IN,
                "name": meta["name"],
                "meta": meta,
                "cachingConfig": {"enabled": False, "TTLMs": 0},
            }
        listed["-- Grafana --"] |= {"id": -1, "uid": "grafana"}
        default = next((one.name for one in datasources.values() if one.is_default), "-- Grafana --")
        settings = self._skeleton["settings"] | {
            "defaultDatasource": default,
            "datasources": dict(sorted(listed.items())),
            "panels": {name: entry or _panel(name) for name, entry in self._skeleton["settings"]["panels"].items()},
            "appUrl": self._root_url,
            "appSubUrl": self._sub_path,
            "publicDashboardAccessToken": token,
        }
        build = "public/build/"
        assets = {
            "jsFiles": [{"filePath": build + name, "integrity": ""} for name in _SCRIPTS],
            "cssFiles": [{"filePath": build + name, "integrity": ""} for name in _STYLES],
            "dark": build + _THEMES["dark"],
            "light": build + _THEMES["light"],
            "swagger": None,
            "swaggerCssFiles": None,
        }
        return {"user": user, "settings": settings, "navTree": [], "assets": assets}

    def boot_answer(self, datasources: Mapping[str, Datasource], token: str) -> Answer:
        """Answer `/bootdata/{token}`."""
        return Answer(200, go_json(self.boot_data(datasources, token)) + b"\n", {"Content-Type": JSON_LINE})

    def html(self, datasources: Mapping[str, Datasource], token: str, theme: str, language: str) -> Answer:
        """Answer `/public-dashboards/{token}`."""
        theme = theme if theme in ("light", "dark", "system") else "dark"
        boot = self.boot_data(datasources, token, theme, language)
        written = {name: go_json(value).decode() for name, value in boot.items()}
        styles = "".join(f'<link rel="stylesheet" href="{one["filePath"]}" />\n' for one in boot["assets"]["cssFiles"])
        if theme in _THEMES:
            styles += f'<link rel="stylesheet" href="{boot["assets"][theme]}" />\n'
        scripts = "".join(
            f'<script nonce="" src="{one["filePath"]}" type="text/javascript" defer></script>\n'
            for one in boot["assets"]["jsFiles"]
        )
        nonce = secrets.token_urlsafe(16)
        scripts = scripts.replace('nonce=""', f'nonce="{nonce}"')
        body = f"""<!DOCTYPE html>
<html lang="{language}">
  <head>
    <meta charset="utf-8" />
    <title>Grafana</title>
    <base href="{self._sub_path}/" />
    <link rel="icon" type="image/png" href="public/build/img/fav32.png" />
    {styles}  </head>
  <body class="theme-{theme} app-grafana">
    <div class="preloader"></div>
    <div id="reactRoot"></div>
    <script nonce="{nonce}">
      window.grafanaBootData = {{
        user: {written["user"]},
        settings: {written["settings"]},
        navTree: {written["navTree"]},
        assets: {written["assets"]}
      }};

      window.__grafana_boot_data_promise = Promise.resolve();
    </script>
    {scripts}  </body>
</html>
"""
        headers = {"Content-Type": HTML, "X-Xss-Protection": "1; mode=block"}
        return Answer(200, body.encode(), headers, nonce=nonce)

    @staticmethod
    def without_nonce(answer: Answer) -> Answer:
        """Take the nonce out, as it is while no content security policy is set."""
        return replace(answer, body=answer.body.replace(answer.nonce.encode(), b""))

    @staticmethod
    def _entry(number: int, one: Datasource) -> dict[str, Any]:
        json_data = dict(one.json_data)
        if one.type == "prometheus":
            json_data["directUrl"] = one.url
        return {
            "id": number,
            "uid": one.uid,
            "type": one.type,
            "name": one.name,
            "meta": _plugin(one.type),
            "url": f"/api/datasources/proxy/uid/{one.uid}",
            "isDefault": one.is_default,
            "access": one.access,
            "preload": False,
            "module": f"core:plugin/{one.type}",
            "jsonData": dict(sorted(json_data.items())),
            "readOnly": True,
            "cachingConfig": {"enabled": False, "TTLMs": 0},
        }


def asset(name: str) -> Answer | None:
    """Answer a static file below `/public/`; None when there is none."""
    kinds = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
    kinds |= {".png": "image/png", ".json": "application/json"}
    kind = kinds.get(Path(name).suffix)
    if kind is None or ".." in name:
        return None
    body = f"/* {name} */\n".encode() * 200
    return Answer(200, body, {"Content-Type": kind, "Cache-Control": "public, max-age=31536000"}, bare=True)


def _panel(name: str) -> dict[str, Any]:
    base = {"id": name, "name": name, "baseUrl": f"public/plugins/{name}", "module": f"core:plugin/{name}"}
    logo = f"public/plugins/{name}/img/icon.svg"
    return base | {
        "info": {"author": None, "logos": {"small": logo, "large": logo}},
        "hideFromList": False,
        "sort": 100,
        "skipDataQuery": False,
        "suggestions": True,
        "state": "",
        "signature": "internal",
        "angular": {"detected": False},
        "loadingStrategy": "script",
    }


_PLUGIN_FACTS = (
    "dependencies", "includes", "category", "preload", "backend", "routes", "skipDataQuery", "autoEnabled",
    "annotations", "metrics", "alerting", "explore", "tables", "logs", "tracing", "queryOptions", "streaming",
    "signature", "angular", "multiValueFilterOperators", "loadingStrategy", "extensions",
)  # fmt: skip


# What the plugins say of themselves; the recordings leave it out.
_FLAGS: Mapping[str, tuple[str, ...]] = {
    "dashboard": ("builtIn", "metrics"),
    "grafana": ("builtIn", "annotations", "metrics"),
    "mixed": ("builtIn", "mixed", "metrics"),
    "grafana-postgresql-datasource": ("alerting", "annotations", "metrics", "logs"),
}
_USUAL_FLAGS = ("alerting", "annotations", "metrics")


def _plugin(kind: str) -> dict[str, Any]:
    logo = f"public/plugins/{kind}/img/{kind}_logo.svg"
    flags = _FLAGS.get(kind, _USUAL_FLAGS)
    usual = "PostgreSQL" if "postgres" in kind else kind.capitalize()
    info = dict.fromkeys(("author", "description", "links", "build", "screenshots", "version", "updated", "keywords"))
    return {
        "id": kind,
        "type": "datasource",
        "name": f"-- {usual} --" if "builtIn" in flags else usual,
        "info": {**info, "logos": {"small": logo, "large": logo}, "version": VERSION},
        **dict.fromkeys(_PLUGIN_FACTS),
        **dict.fromkeys(flags, True),
        "module": f"core:plugin/{kind}",
        "baseUrl": f"public/plugins/{kind}",
    }
