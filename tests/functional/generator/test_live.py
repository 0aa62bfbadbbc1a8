"""Generated dashboards, rules and discovered specs, asked of a real Prometheus fed with the spec's metrics."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backend_server.cli.generate import discover, generate
from backend_server.documents.panels import all_panels, targets_of
from backend_server.generator.output.assemble import generate as generate_one
from backend_server.generator.output.rules import rule_file
from backend_server.generator.spec.plans import SHIPPED_PLANS
from backend_server.generator.spec.read import read_spec
from backend_server.generator.spec.spec import Spec
from backend_server.primitives.shipped import shipped
from backend_server.provisioning.generated import read_folder
from tests.support.exposed_spec import expose_spec
from tests.support.prometheus import RunningPrometheus, running_prometheus, wait_until


@pytest.fixture(scope="module")
def spec() -> Spec:
    return read_spec(shipped("metrics", "spec", "base.yml").read_bytes())


@pytest.fixture(scope="module")
def fed(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPrometheus]:
    folder = tmp_path_factory.mktemp("fed")
    stop = threading.Event()
    rules = rule_file(spec).replace("interval: 30s", "interval: 1s")
    with running_prometheus(folder, rules=rules, text=expose_spec(spec, time.time())) as prometheus:

        def feed() -> None:
            while not stop.wait(0.5):
                prometheus.exposition.text = expose_spec(spec, time.time())

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            wait_until(lambda: len(prometheus.ask('{__name__=~".+:p99_5m"} >= 0')) >= 9, what="recorded quantiles")
            yield prometheus
        finally:
            stop.set()
            feeder.join()


def empty_panels(prometheus: Any, documents: Any) -> Any:
    empty = []
    for slug, document in documents.items():
        for panel in all_panels(document):
            for target in targets_of(panel):
                if all(one["value"][1] == "NaN" for one in prometheus.ask(target["expr"])):
                    empty.append(f"{slug}: {panel['title']}: {target['expr']}")
    return empty


def test_promtool_accepts_the_rules(spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(rule_file(spec))
    run = subprocess.run(
        [shutil.which("promtool"), "check", "rules", path], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert "27 rules found" in run.stdout


def test_every_panel_of_every_generated_dashboard_has_data(spec: Spec, fed: RunningPrometheus) -> None:
    documents = {plan.slug: generate_one(plan, spec).document for plan in SHIPPED_PLANS}

    assert empty_panels(fed, documents) == []


def test_recorded_series_are_the_quantiles_of_the_histogram(fed: RunningPrometheus) -> None:
    recorded = float(fed.ask("bus_delivery_seconds:p95_5m")[0]["value"][1])
    asked = float(
        fed.ask("histogram_quantile(0.95, sum by (le) (rate(bus_delivery_seconds_bucket[5m])))")[0]["value"][1]
    )

    assert recorded == pytest.approx(asked, rel=0.05)


def test_a_discovered_spec_gives_dashboards_with_data_without_an_edit(fed: RunningPrometheus, tmp_path: Path) -> None:
    found = tmp_path / "found.yml"
    run = CliRunner().invoke(discover, ["--prometheus", fed.url, "--out", str(found)])
    assert run.exit_code == 0, run.output

    run = CliRunner().invoke(generate, ["--spec", str(found), "--output", str(tmp_path / "out")])
    assert run.exit_code == 0, run.output
    documents = read_folder(tmp_path / "out")

    assert len(documents) >= 8
    # Quantiles need recording rules for the discovered histograms; this Prometheus has them, from the same spec.
    assert empty_panels(fed, documents) == []


def test_discover_says_honestly_that_nothing_answers() -> None:
    run = CliRunner().invoke(discover, ["--prometheus", "http://127.0.0.1:9"])

    assert run.exit_code == 2
    assert run.stderr == "error: Prometheus cannot be reached. It was asked at http://127.0.0.1:9.\n"
