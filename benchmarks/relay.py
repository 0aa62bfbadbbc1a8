"""Relay and check: what they add over asking the (fake) Grafana directly, whether 1,000 links cost more than one, and
how many questions 100 viewers with different widths and clocks cause.

Run `python -m benchmarks.relay`. Both sides are asked in turn, one call each, over the same client's kept loopback
connections; ours is the visitors' part of the application, without the network between it and the visitor.
"""

from __future__ import annotations

import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson

from backend_server.grafana import GrafanaClient, PublicDashboard
from backend_server.links import LinkProfile
from backend_server.primitives.ids import LinkToken, Slug
from backend_server.viewing.relay_source import RelaySource
from backend_server.viewing.steps import Limits
from benchmarks.report import Row, print_rows
from tests.fakes.grafana import Datasource, FakeGrafana
from tests.support.visitors import LINK, TOKEN, UID, Visitors, dashboard, target

REAL = "fedcba9876543210fedcba9876543210"
ROUNDS = 300
LINKS = 1000
VIEWERS = 100


class _Publications:
    def access_token(self, document_uid: str) -> str | None:
        return REAL if document_uid == UID else None


class _Now(Visitors):
    ahead_ms = 0

    def clock_ms(self) -> int:
        return int(time.time() * 1000) + self.ahead_ms


def main() -> int:
    """Measure and print; the exit code says whether every aim was met."""
    with tempfile.TemporaryDirectory() as folder, _fake(Path(folder)) as fake:
        client = GrafanaClient(fake.url, fake.origin, user="admin")
        client.create_public(UID, PublicDashboard("pd-1", REAL, True, True, False))
        plain = _Now()
        source = RelaySource(client, _Publications(), plain.viewer, limits=Limits(), clock_ms=plain.clock_ms)
        visitors = _Now(source=source, links=plain.links)
        visitors.links.change(profile=LinkProfile(picker=True))
        rows = [*_added(client, visitors, plain), *_many(visitors), *_shared(fake, visitors)]
        visitors.close()
        client.close()
    print_rows(rows)
    return 0 if all(row.met is not False for row in rows) else 1


def _fake(folder: Path) -> FakeGrafana:
    shard, provisioning = folder / "shard", folder / "provisioning"
    shard.mkdir()
    (provisioning / "dashboards").mkdir(parents=True)
    (provisioning / "dashboards" / "dashboard.yml").write_text(
        f"apiVersion: 1\nproviders:\n  - {{name: shard, type: file, folder: '', options: {{path: {shard}}}}}\n"
    )
    panels = [
        {"id": number, "type": "timeseries", "title": f"Panel {number}", "targets": [target("up")]}
        for number in range(1, 26)
    ]
    (shard / f"{UID}.json").write_bytes(orjson.dumps(dashboard(*panels, timepicker={}, title="Rig 1")))
    source = Datasource("Prometheus", "prometheus", is_default=True, json_data={"timeInterval": "5s"})
    return FakeGrafana(provisioning, datasources=(source,), polling=False)


def _added(client: GrafanaClient, visitors: _Now, plain: _Now) -> list[Row]:
    """Compare each route with the same call sent to the fake directly; every panel query misses the cache."""
    web = visitors.client()
    page, api = f"/grafana/public-dashboards/{TOKEN}", f"/grafana/api/public/dashboards/{TOKEN}"
    moment = int(time.time() * 1000)

    def body() -> bytes:
        nonlocal moment
        moment -= 3_600_000  # an hour nobody asked for yet
        span = {"from": str(moment - 900_000), "to": str(moment), "timezone": "utc"}
        return orjson.dumps({"intervalMs": 5000, "maxDataPoints": 620, "timeRange": span})

    def query() -> None:
        answer = web.post(f"{api}/panels/1/query", data=body(), content_type="application/json")
        assert answer.status_code == 200, answer.data

    pairs: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("page", lambda: client.visitor_page(REAL, "theme=light"), lambda: web.get(f"{page}?theme=light")),
        ("dashboard JSON", lambda: client.visitor_dashboard(REAL), lambda: web.get(api)),
        ("panel query", lambda: client.visitor_query(REAL, 1, body()), query),
        ("annotations", lambda: client.visitor_annotations(REAL, 1, 2), lambda: web.get(f"{api}/annotations")),
    ]
    rows = []
    for name, direct, relayed in pairs:
        direct(), relayed()
        ours, theirs = _in_turn(relayed, direct)
        added = ours - theirs
        rows.append(Row("relay", f"{name}, direct", "", f"{theirs:.2f} ms", None))
        rows.append(Row("relay", f"{name}, relay and check add", "≤ 2 ms median", f"{added:+.2f} ms", added <= 2))
    return rows


def _many(visitors: _Now) -> list[Row]:
    """Ask through one link again and again, then through 1,000 links in turn."""
    web, found = visitors.client(), visitors.links.found[TOKEN]
    tokens = [secrets.token_hex(16) for _ in range(LINKS)]
    for token in tokens:
        link = replace(LINK, id=token, token=LinkToken(token), slug=Slug(token[:12]), profile=LinkProfile(picker=True))
        visitors.links.found[token] = replace(found, link=link)
    names = iter(tokens * 10)
    body = orjson.dumps({"intervalMs": 5000, "maxDataPoints": 620})

    def ask(token: str) -> None:
        web.post(f"/grafana/api/public/dashboards/{token}/panels/1/query", data=body, content_type="application/json")

    many, one = _in_turn(lambda: ask(next(names)), lambda: ask(TOKEN))
    return [
        Row("links", "panel query from the cache, 1 link", "", f"{one:.3f} ms", None),
        Row("links", f"the same over {LINKS} links", "≤ 1.25 × one", f"{many / one:.2f} ×", many <= 1.25 * one),
    ]


def _shared(fake: FakeGrafana, visitors: _Now) -> list[Row]:
    """Let 100 viewers with their own widths and clocks ask for two panels, within one step."""
    web = visitors.client()
    while time.time() % 5 > 1:
        time.sleep(0.05)  # begin early in a step of 5 s
    fake.forget_requests()
    for viewer in range(VIEWERS):
        end = int(time.time() * 1000) + (viewer - 50) * 600
        body = {
            "intervalMs": 1000 + 37 * viewer,
            "maxDataPoints": 320 + 23 * viewer,
            "timeRange": {"from": str(end - 900_000), "to": str(end), "timezone": "utc"},
        }
        for panel in (1, 2):
            web.post(f"/grafana/api/public/dashboards/{TOKEN}/panels/{panel}/query", json=body)
    asked = sum(request.method == "POST" for request in fake.requests)
    value = f"{asked} for {2 * VIEWERS}"
    return [Row("viewers", f"{VIEWERS} viewers, 2 panels, one step: upstream queries", "2", value, asked == 2)]


def _in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Give both medians in milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for place, call in enumerate((first, second)):
            began = time.perf_counter()
            call()
            times[place].append((time.perf_counter() - began) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    sys.exit(main())
