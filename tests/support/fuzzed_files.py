"""The fuzzer's files: templates, dashboards, specs, plans and device kinds, mutated, and what reads them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import orjson
import yaml

from backend_server.devices.device import Device
from backend_server.documents import share_problems
from backend_server.documents.inlining import inline
from backend_server.documents.reading import read_dashboard
from backend_server.documents.static_document import static_document
from backend_server.generator.job import run_job
from backend_server.generator.spec.plans import read_plans
from backend_server.poller.kinds import read_kind
from backend_server.primitives.ids import DeviceId, Maker
from backend_server.primitives.shipped import shipped
from backend_server.templates import TemplateScope, load_template
from backend_server.templates.importer import ImportChoices, import_template
from tests.support.fuzzed_answers import MINER, NESTED, page_of
from tests.support.mutants import Dice, Mutants, Read, as_json, mutated, mutated_bytes

RIG = Device(id=DeviceId("rig-1"), hostname="aaaa", kind="miner", labels={"site": "a", "max": "1e30"}, address=None)


def _ofas_json(dice: Dice, files: list[Path], read: Read) -> Generator[tuple[bytes, Read]]:
    sources = [(source := file.read_bytes(), orjson.loads(source)) for file in files]
    while True:
        source, parsed = dice.choice(sources)
        if dice.random() < 0.3:
            yield mutated_bytes(source, dice), read
        else:
            yield as_json(mutated(parsed, dice)), read


def _templates(dice: Dice) -> Generator[tuple[bytes, Read]]:
    def read(mutant: bytes) -> bytes:
        template = load_template("mutant.json", mutant)
        if template.scope is TemplateScope.DEVICE:
            return template.fill(RIG).body
        return b""

    yield from _ofas_json(dice, sorted(shipped("dashboard_templates").glob("*.json")), read)


def _documents(dice: Dice) -> Generator[tuple[bytes, Read]]:
    def read(mutant: bytes) -> bytes:
        found = read_dashboard(mutant)
        problems = orjson.dumps([problem.as_json() for problem in share_problems(found)])
        return problems + static_document(inline(found), Maker.PACK, "pack", "mutant").body

    folder = shipped("config", "grafana", "dashboards", "generated")
    yield from _ofas_json(dice, sorted(folder.rglob("*.json"), key=lambda file: file.stat().st_size)[:4], read)


def _imports(dice: Dice) -> Generator[tuple[bytes, Read]]:
    choices = ImportChoices({"10.0.0.7:9100": "device.id"}, values={"job": "node"})

    def read(mutant: bytes) -> bytes:
        return import_template("mutant.json", mutant, choices).source

    folder = shipped("config", "grafana", "dashboards", "generated")
    yield from _ofas_json(dice, sorted(folder.rglob("*.json"), key=lambda file: file.stat().st_size)[:2], read)


def _of_yaml(dice: Dice, sources: list[bytes], read: Read) -> Generator[tuple[bytes, Read]]:
    parsed = [yaml.safe_load(source) for source in sources]
    while True:
        number = dice.randrange(len(sources))
        if dice.random() < 0.5:
            yield mutated_bytes(sources[number], dice), read
        else:
            yield as_json(mutated(parsed[number], dice)), read


SPEC = b"""
version: 1
families:
  bus:
    metrics:
      - name: bus_events_total
        kind: counter
        labels: [topic, result]
        unit: ops
        help: Events put on the bus.
        panels:
          - {title: Failed, promql: "sum(rate(bus_events_total{result='failed'}[5m]))", panel_type: stat, key: failed}
        alerts:
          - {name: BusFails, expr: "rate(bus_events_total{result='failed'}[5m]) > 1", for: 5m, severity: warning}
      - {name: bus_latency_seconds, kind: histogram, labels: [topic], unit: s}
  host:
    metrics:
      - {name: host_up, kind: gauge}
"""
PLANS = b"""
version: 1
plans:
  - slug: bus_health
    title: Bus health
    families: [bus]
    tags: [bus]
"""


def _specs(dice: Dice) -> Generator[tuple[bytes, Read]]:
    def read(mutant: bytes) -> bytes:
        job = run_job(mutant)
        for document in job.documents():
            assert document.body
        return orjson.dumps(job.warnings)

    yield from _of_yaml(dice, [SPEC], read)


def _plans(dice: Dice) -> Generator[tuple[bytes, Read]]:
    def read(mutant: bytes) -> bytes:
        read_plans(mutant)
        return orjson.dumps(run_job(SPEC, mutant).warnings)

    yield from _of_yaml(dice, [PLANS], read)


def _kinds(dice: Dice) -> Generator[tuple[bytes, Read]]:
    document = orjson.loads(MINER)

    def read(mutant: bytes) -> bytes:
        problems: list[str] = []
        kind = read_kind("mutant.yaml", mutant, problems)
        if kind is None:
            assert problems
            return "\n".join(problems).encode()
        return page_of(kind, document)

    folder = shipped("config", "device_kinds")
    yield from _of_yaml(dice, [NESTED, *(file.read_bytes() for file in sorted(folder.glob("*.yaml")))], read)


FILES: dict[str, Mutants] = {
    "templates": _templates,
    "documents": _documents,
    "imports": _imports,
    "specs": _specs,
    "plans": _plans,
    "kinds": _kinds,
}
