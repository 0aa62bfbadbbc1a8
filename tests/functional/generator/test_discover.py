"""`discover` on what people really have: Prometheus itself, its node exporter, and our own `/metrics`."""

from __future__ import annotations

import math
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
import pytest
from click.testing import CliRunner

from backend_server.cli.generate import discover, generate
from backend_server.documents.panels import all_panels, targets_of
from backend_server.generator.spec.read import read_spec
from backend_server.provisioning.generated import read_folder
from tests.support.app import LiveApp, running_app
from tests.support.prometheus import RunningPrometheus, free_port, running_prometheus, wait_until

NODE_EXPORTER = "prometheus-node-exporter"


@pytest.fixture
def node_exporter() -> Iterator[str]:
    program = shutil.which(NODE_EXPORTER)
    assert program, f"{NODE_EXPORTER} is not installed; `make test` installs it"
    port = free_port()
    process = subprocess.Popen(
        [program, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    yield f"127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def watched(live_app: LiveApp, node_exporter: str, tmp_path: Path) -> Iterator[RunningPrometheus]:
    for number in range(20):
        assert live_app.call("PUT", f"/api/devices/rig-{number % 3}", {"hostname": f"rig-{number % 3}"}).status < 300
    own = live_app.base.removeprefix("http://")
    others = {"prometheus": "", "node": node_exporter, "dashwright": own}
    with running_prometheus(tmp_path, rules="groups: []\n", others=others) as prometheus:
        wait_until(lambda: len(prometheus.ask("count by (job) (up == 1)")) == 4, what="all targets")
        # A rate needs two samples of each.
        wait_until(
            lambda: len(prometheus.ask("count by (job) (rate(process_cpu_seconds_total[1m]))")) >= 3, what="rates"
        )
        yield prometheus


def run(command: Any, *arguments: Any) -> None:
    found = CliRunner().invoke(command, [str(argument) for argument in arguments])
    assert found.exit_code == 0, found.output


def without_data(prometheus: Any, documents: Any) -> Any:
    empty = []
    for slug, document in documents.items():
        for panel in all_panels(document):
            for target in targets_of(panel):
                values = [float(one["value"][1]) for one in prometheus.ask(target["expr"])]
                if not values or all(math.isnan(value) for value in values):
                    empty.append(f"{slug}: {panel['title']}: {target['expr']}")
    return empty


def test_a_discovered_spec_makes_dashboards_that_show_data_without_an_edit(
    watched: RunningPrometheus, tmp_path: Path
) -> None:
    spec, rules, out = tmp_path / "found.yml", tmp_path / "found-rules.yml", tmp_path / "out"
    run(discover, "--prometheus", watched.url, "--out", spec)
    run(generate, "--spec", spec, "--output", out)
    run(generate, "rules", "--spec", spec, "--out", rules)
    subprocess.run([shutil.which("promtool"), "check", "rules", rules], check=True, capture_output=True)
    watched.use_rules(rules.read_text().replace("interval: 30s", "interval: 1s"))
    found = read_spec(spec.read_bytes())
    histograms = [metric.name for metric in found.metrics if metric.kind.value == "histogram"]
    wait_until(
        lambda: len(watched.ask('{__name__=~".+:p9[59]_5m"} >= 0')) >= 2 * len(histograms) >= 6,
        what="the recorded quantiles",
        seconds=90,
    )

    documents = read_folder(out)
    kinds = Counter(metric.kind.value for metric in found.metrics)
    assert {"go", "process", "node_memory", "prometheus_tsdb", "dashwright"} <= documents.keys() | set(found.families)
    assert min(kinds.values()) >= 3
    assert len(documents) > 25
    assert without_data(watched, documents) == []
    run(generate, "--spec", spec, "--output", out, "--verify")


def test_only_metrics_of_a_prefix_are_taken(watched: RunningPrometheus, tmp_path: Path) -> None:
    spec = tmp_path / "found.yml"
    run(discover, "--prometheus", watched.url, "--out", spec, "--match", "dashwright_,node_load")
    names = [metric.name for metric in read_spec(spec.read_bytes()).metrics]

    assert {"node_load1", "node_load5", "node_load15"} <= set(names)
    assert all(name.startswith(("dashwright_", "node_load")) for name in names)
    assert len(names) > 5


def test_histograms_that_have_counted_nothing_are_named_and_left_out(
    watched: RunningPrometheus, tmp_path: Path
) -> None:
    watched.expose(
        "# TYPE silent_seconds histogram\n"
        'silent_seconds_bucket{le="+Inf"} 0\nsilent_seconds_sum 0\nsilent_seconds_count 0\n'
        "# TYPE loud_seconds histogram\n"
        'loud_seconds_bucket{le="+Inf"} 4\nloud_seconds_sum 2\nloud_seconds_count 4\n'
    )
    spec = tmp_path / "found.yml"
    run(discover, "--prometheus", watched.url, "--out", spec, "--match", "silent,loud")

    assert "#   silent_seconds\n" in spec.read_text()
    assert [metric.name for metric in read_spec(spec.read_bytes()).metrics] == ["loud_seconds"]


def test_what_vanished_is_not_discovered_neither_metrics_nor_values(tmp_path: Path) -> None:
    def history(labels: Any) -> Any:
        at = time.time() - 3000
        gone = [f"gone_rows{{{labels}}} 1 {at + step:.3f}" for step in range(0, 600, 15)]
        values = [
            f'kept_rows{{zone="old-{number}",{labels}}} 1 {at + step:.3f}'
            for number in range(80)
            for step in range(0, 600, 15)
        ]
        return "\n".join([*gone, *values, "# EOF", ""])

    text = 'kept_rows{zone="a"} 1\nkept_rows{zone="b"} 2\nleaving_rows 1\n'
    spec = tmp_path / "found.yml"
    with running_prometheus(tmp_path, text=text, history=history) as prometheus:
        assert prometheus.ask("last_over_time(gone_rows[1h])")
        wait_until(lambda: prometheus.ask("leaving_rows"), what="the metric that leaves")
        prometheus.expose('kept_rows{zone="a"} 1\nkept_rows{zone="b"} 2\n')
        wait_until(lambda: not prometheus.ask("leaving_rows"), what="its end")
        run(discover, "--prometheus", prometheus.url, "--out", spec, "--match", "gone,kept,leaving")

    # Eighty old values of the label would be too many to split by.
    (metric,) = read_spec(spec.read_bytes()).metrics
    assert (metric.name, metric.labels) == ("kept_rows", ("zone",))


@contextmanager
def answering(answers: Any) -> Iterator[Any]:
    """Serve fixed answers by path, as a Prometheus that our distribution does not have would give them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
            body = orjson.dumps({"status": "success", "data": answers(self.path, asked)})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            serving.join()


def test_names_of_prometheus_3_are_named_and_their_labels_never_asked_for(tmp_path: Path) -> None:
    asked_for = []

    def answers(path: Any, asked: Any) -> Any:
        if path.endswith("/metadata"):
            return {"http.requests": [{"type": "counter", "help": "H", "unit": ""}]}
        if path.endswith("/series"):
            asked_for.append(asked)
            return [{"__name__": "up", "service.name": "a"}, {"__name__": "up", "service.name": "b"}]
        names = ("http.requests", 'quoted "name"', "up")
        return {"result": [{"metric": {"__name__": name}, "value": [1700000000.5, "1"]} for name in names]}

    spec = tmp_path / "found.yml"
    with answering(answers) as url:
        run(discover, "--prometheus", url, "--out", spec)

    assert [one["match[]"] for one in asked_for] == [['{__name__="up"}']]
    assert (asked_for[0]["start"], asked_for[0]["end"]) == (["1699999700.500"], ["1700000000.500"])
    (metric,) = read_spec(spec.read_bytes()).metrics
    assert (metric.name, metric.labels) == ("up", ())
    assert '#   "http.requests"\n' in spec.read_text()


def test_what_is_no_prometheus_is_told_without_a_traceback() -> None:
    with answering(lambda path, asked: []) as url:
        found = CliRunner().invoke(discover, ["--prometheus", url])

    assert found.exit_code == 2
    assert "something else than Prometheus" in found.stderr


def test_the_route_discovers_on_the_configured_prometheus(
    watched: RunningPrometheus, live_app: LiveApp, sqlite_template: Path, tmp_path: Path
) -> None:
    assert live_app.call("GET", "/api/generator/discover").status == 502  # nobody listens where its settings point
    with running_app(tmp_path / "other", empty_database=sqlite_template, prometheus_url=watched.url) as app:
        answer = app.call("GET", "/api/generator/discover?match=node_load")

    assert answer.headers["Content-Type"].startswith("application/yaml")
    assert len(read_spec(answer.body).metrics) == 3
