"""Against a real Prometheus: hostile names find exactly their series, both routes agree, many viewers are one query."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient

from backend_server.datasources import PrometheusClient
from backend_server.devices.device import Device
from backend_server.primitives.ids import DeviceId
from backend_server.primitives.shipped import shipped
from backend_server.querying.ports import MetricsSource
from backend_server.templates import TemplateSet, load_template
from tests.support.prometheus import RunningPrometheus, free_port, recording_proxy, wait_until
from tests.support.visitors import TOKEN, UID, Visitors, dashboard, target

PAGE = f"/grafana/public-dashboards/{TOKEN}"
API = f"/grafana/api/public/dashboards/{TOKEN}"

HOSTILE = [
    "rig-1",
    'quo"te',
    "back\\slash",
    'both\\"',
    "trailing\\",
    "new\nline",
    "tab\tbed",
    'rig"} or vector(1) or up{a="',
    "rig'} or vector(1) or up{a='",
    "rig`",
    ".*",
    ".+",
    "a|b",
    "a",
    "b",
    "(",
    "[a-z]",
    "^rig$",
    "$__interval",
    "${__range}",
    "$host",
    "[[host]]",
    "{{host}}",
    "{{ `x` }}",
    "<< device.id >>",
    "<script>alert(1)</script>",
    "# comment",
    " spaces ",
    "ünï-çødé",
    "機器",
    "🦊",
    "%s%d",
    "rig-1.lan",
    "rig-1xlan",
    "x" * 253,
]


class Sources:
    """One Prometheus under every name documents use for it."""

    def __init__(self, client: PrometheusClient) -> None:
        self.client = client

    def find(self, uid: str, kind: str) -> MetricsSource | None:
        return self.client if kind in ("", "prometheus") else None


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def exposition() -> str:
    """Say one series per hostile name, each with its own value, and the series of two miners."""
    lines = [
        f'test_power_watts{{host="{escaped(name)}",site="{escaped(name)}"}} {place}'
        for place, name in enumerate(HOSTILE)
    ]
    for place, device in enumerate(("rig-1", "rig-1.lan", "rig-10")):
        for metric in (
            "device_power_watts",
            "device_hashrate_hashes_per_second",
            "device_temperature_celsius",
            "device_up",
        ):
            lines.append(f'{metric}{{device="{device}"}} {100 + place}')
    return "\n".join(lines) + "\n"


@pytest.fixture
def exposed(prometheus: RunningPrometheus) -> RunningPrometheus:
    text = exposition()
    if prometheus.exposition.text != text:
        prometheus.expose(text)
    return prometheus


@pytest.fixture
def visitors(exposed: RunningPrometheus) -> Iterator[Visitors]:
    client = PrometheusClient(exposed.url, timeout_seconds=10)
    made = Visitors(metrics=Sources(client), now_ms=int(time.time() * 1000))
    yield made
    made.close()
    client.close()


def both_routes(client: FlaskClient, now_ms: int, panel: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask the raw and the Grafana-shaped route for the same minute at the same step."""
    span = {"from": now_ms - 60_000, "to": now_ms}
    raw = client.post(f"{PAGE}/panels/{panel}/data", json={**span, "width": 100})
    texts = {name: str(value) for name, value in span.items()}
    shaped = client.post(
        f"{API}/panels/{panel}/query", json={"intervalMs": 1000, "maxDataPoints": 100, "timeRange": texts}
    )
    assert raw.status_code == 200, raw.json
    assert shaped.status_code == 200, shaped.json
    assert raw.json is not None
    assert shaped.json is not None
    return raw.json, shaped.json


def series_of(result: dict[str, Any]) -> list[tuple[dict[str, str], list[tuple[int, float]]]]:
    """Read a raw result: labels and points of each series."""
    found = []
    for series in result["answer"]["data"]["result"]:
        points = series["values"] if "values" in series else [series["value"]]
        found.append((series["metric"], [(round(at * 1000), float(value)) for at, value in points]))
    return found


def frames_as_series(result: dict[str, Any]) -> list[tuple[dict[str, str], list[tuple[int, float]]]]:
    """Read Grafana's frames in the same form."""
    found = []
    for frame in result["frames"]:
        if frame["schema"]["fields"]:
            times, values = frame["data"]["values"]
            found.append((frame["schema"]["fields"][1]["labels"], list(zip(times, values, strict=True))))
    return found


def hostile_template() -> bytes:
    return orjson.dumps(
        {
            "__template__": {"slot": "main", "scope": "device", "applies_to": {}, "title": "<< device.title >>"},
            "title": "<< device.title >>",
            "timepicker": {},
            "templating": {"list": []},
            "panels": [
                {
                    "id": 1,
                    "type": "timeseries",
                    "title": "Power of << device.hostname >>",
                    "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
                    "targets": [
                        target('test_power_watts{host="<< device.hostname | label_value >>"}', "A"),
                        target('test_power_watts{host=~"<< device.hostname | label_regex >>"}', "B"),
                        target(
                            'test_power_watts{site="<< device.labels.site | label_value >>"}',
                            "C",
                            instant=True,
                            range=False,
                        ),
                    ],
                }
            ],
        }
    )


@pytest.mark.parametrize("place", range(len(HOSTILE)), ids=[ascii(name)[:24] for name in HOSTILE])
def test_a_hostile_name_finds_exactly_its_own_series(
    visitors: Visitors, exposed: RunningPrometheus, place: int
) -> None:
    name = HOSTILE[place]
    device = Device(DeviceId("rig-1"), name, labels={"site": name})
    template = load_template("hostile.json", hostile_template())
    visitors.documents.bodies[UID] = template.fill(device).body
    raw, shaped = both_routes(visitors.client(), visitors.now_ms)
    for ref_id in "ABC":
        ((labels, points),) = series_of(raw["results"][ref_id])
        assert labels["host"] == name
        assert {value for _, value in points} == {float(place)}
        assert frames_as_series(shaped["results"][ref_id]) == [(labels, points)]


@pytest.mark.parametrize("name", ["generic.json", "miner.json"])
def test_every_query_of_a_shipped_template_is_accepted_and_finds_this_device_alone(
    visitors: Visitors, exposed: RunningPrometheus, name: str
) -> None:
    kind = name.removesuffix(".json")
    templates = TemplateSet.of([load_template(name, shipped("dashboard_templates", name).read_bytes())])
    device = Device(DeviceId("rig-1"), 'rig "1" $__interval {{x}}', kind=kind)
    (template,) = templates.for_device(device).values()
    document = template.fill(device)
    visitors.documents.bodies[UID] = document.body
    client = visitors.client()
    values: set[float] = set()
    for panel in orjson.loads(document.body)["panels"]:
        if not panel.get("targets"):
            continue
        body = {"from": visitors.now_ms - 60_000, "to": visitors.now_ms, "width": 300}
        results = client.post(f"{PAGE}/panels/{panel['id']}/data", json=body).json["results"]
        for ref_id, result in results.items():
            assert result["status"] == 200, (panel["title"], ref_id, result)
            for labels, points in series_of(result):
                assert labels.get("device", "rig-1") == "rig-1"
                if labels.get("__name__", "").endswith("watts"):
                    values.update(value for _, value in points)
    assert values <= {100.0}


def test_a_hundred_viewers_with_other_clocks_and_widths_are_one_query(
    visitors: Visitors, exposed: RunningPrometheus
) -> None:
    panel = {"id": 1, "type": "timeseries", "targets": [target("test_power_watts"), target("up", "B")]}
    with recording_proxy(exposed.url) as recorder:
        recorder.delay_seconds = 0.3
        client = PrometheusClient(recorder.url, timeout_seconds=10)
        crowd = Visitors(metrics=Sources(client), now_ms=visitors.now_ms)
        crowd.documents.put(dashboard(panel))
        answers: list[tuple[int, bytes]] = []
        # Made before the crowd starts: an application builds its routes, which Python 3.11 cannot do in many threads.
        browsers = [crowd.client() for _ in range(100)]

        def view(number: int) -> None:
            end = crowd.now_ms + (number * 37) % 40_000 - 20_000
            body = {"from": end - 3_600_000, "to": end, "width": 300 + (number * 13) % 1500}
            answer = browsers[number].post(f"{PAGE}/panels/1/data", json=body)
            answers.append((answer.json["step_ms"], answer.data))

        threads = [threading.Thread(target=view, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        steps = {step for step, _ in answers}
        assert len(answers) == 100
        assert len(recorder.asked) == 2 * len(steps)
        assert len(set(answers)) == len(steps)
        assert len(steps) <= 3
        crowd.close()
        client.close()


def test_prometheus_away_is_said_and_comes_back(visitors: Visitors, exposed: RunningPrometheus) -> None:
    visitors.documents.put(dashboard({"id": 1, "type": "stat", "targets": [target("up", instant=True, range=False)]}))
    nowhere = f"http://127.0.0.1:{free_port()}"
    body = {"from": visitors.now_ms - 60_000, "to": visitors.now_ms, "width": 300}
    client = PrometheusClient(nowhere)
    away = Visitors(metrics=Sources(client), now_ms=visitors.now_ms, documents=visitors.documents)
    found = away.client().post(f"{PAGE}/panels/1/data", json=body).json["results"]["A"]
    assert found == {"status": 502, "error": "Prometheus cannot be reached."}
    away.close()
    client.close()
    back = visitors.client().post(f"{PAGE}/panels/1/data", json=body).json["results"]["A"]
    assert back["status"] == 200


def test_a_broken_query_is_said_without_showing_it(visitors: Visitors, exposed: RunningPrometheus) -> None:
    panel = {"id": 1, "type": "stat", "targets": [target("sum(secret_metric"), target("up", "B")]}
    visitors.documents.put(dashboard(panel))
    body = {"from": visitors.now_ms - 60_000, "to": visitors.now_ms, "width": 300}
    answer = visitors.client().post(f"{PAGE}/panels/1/data", json=body)
    assert answer.json["results"]["A"] == {
        "status": 400,
        "error": "Prometheus does not accept the query of this panel.",
    }
    assert answer.json["results"]["B"]["status"] == 200
    assert b"secret_metric" not in answer.data


def test_a_counters_rate_is_seen_at_every_width(visitors: Visitors, exposed: RunningPrometheus) -> None:
    expression = "rate(prometheus_http_requests_total[$__rate_interval])"
    visitors.documents.put(dashboard({"id": 1, "type": "timeseries", "targets": [target(expression)]}))
    for width in (100, 600, 1900):
        body = {"from": visitors.now_ms - 60_000, "to": visitors.now_ms, "width": width}
        result = visitors.client().post(f"{PAGE}/panels/1/data", json=body).json["results"]["A"]
        assert result["status"] == 200


def test_scrapes_go_on(exposed: RunningPrometheus) -> None:
    before = exposed.exposition.scrapes
    wait_until(lambda: exposed.exposition.scrapes > before, what="another scrape")
