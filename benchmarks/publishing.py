"""Publishing files: ours against the bare operation with the same promises, in turn in one run, with counts.

Run as `python -m benchmarks.publishing`. "Bare" is what a careful script does by hand for the same durability: write
a temporary, fsync, rename, and fsync the directory; for a batch all temporaries, one flush of the file system, all
renames, one more flush. Reloads are counted at a real worker's pace while changes trickle in.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from backend_server.catalog import TemplateCatalog
from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.ids import DeviceId
from backend_server.provisioning import DashboardFolder
from backend_server.provisioning.template_folder import TemplateFolder, TemplateWatch
from backend_server.reconcile.lead import Lead
from backend_server.reconcile.template_adoption import TemplateFollower, TemplateLoading
from backend_server.reconcile.worker import Pace, Worker
from backend_server.storage.engine.store import Store
from backend_server.storage.leases import WORKER_LEASE, Lease
from backend_server.storage.tables.templates import TemplateTable
from benchmarks.report import Row, print_rows
from tests.fakes.grafana import FakeGrafana
from tests.support.grafana import write_provisioning
from tests.support.reconciling import house_of, template_source

PATH = "publishing files"
ROUNDS = 41
BATCH = 300
TRICKLE = 1500
AIM = 1.15
_SIZE = 24_000
_LIBC = ctypes.CDLL(None, use_errno=True)


def document(uid: str, turn: int) -> bytes:
    """Make a stamped document as large as a dashboard of 25 panels."""
    value = {"uid": uid, "title": uid, "turn": turn, "pad": "x" * _SIZE, "dashwright": {"content": "", "maker": "dev"}}
    value["dashwright"] = {"content": content_hash(canonical_bytes(value)), "maker": "dev"}
    return canonical_bytes(value)


def bare_one(path: Path, body: bytes) -> None:
    """Swap in one file by hand."""
    beside = f"{path.parent}/.{path.name}.tmp"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    os.write(handle, body)
    os.fsync(handle)
    os.close(handle)
    os.rename(beside, path)
    _sync_directory(path.parent)


def bare_batch(bodies: dict[Path, bytes]) -> None:
    """Swap in many by hand, flushed twice."""
    for path, body in bodies.items():
        handle = os.open(f"{path}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(handle, body)
        os.close(handle)
    root = next(iter(bodies)).parent
    _sync_all(root)
    for path in bodies:
        os.rename(f"{path}.tmp", path)
    _sync_all(root)


def each_synced(bodies: dict[Path, bytes]) -> None:
    """Swap in many as single ones."""
    for path, body in bodies.items():
        bare_one(path, body)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _sync_all(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    _LIBC.syncfs(handle)
    os.close(handle)


def in_turn(rounds: int, *works: Callable[[int], None]) -> tuple[list[float], list[float]]:
    """Median seconds of each, and the median over the rounds of the first against each, taken in turn.

    Flushes of a shared disk vary more than what is compared, so each round is compared with itself.
    """
    times: list[list[float]] = [[] for _ in works]
    for turn in range(rounds):
        for place in range(len(works)):
            which = (place + turn) % len(works)  # none is always the one after the other's flush
            start = time.perf_counter()
            works[which](turn)
            times[which].append(time.perf_counter() - start)
    ratios = [statistics.median(mine / other for mine, other in zip(times[0], one, strict=True)) for one in times]
    return [statistics.median(found) for found in times], ratios


def single_file(root: Path) -> list[Row]:
    """One file: ours against by hand."""
    folder = DashboardFolder(root / "ours")
    folder.prepare()
    theirs = root / "bare" / "shard-00"
    theirs.mkdir(parents=True)
    bodies = [document("dev-a", turn) for turn in range(ROUNDS)]
    folder.swap("shard-00/dev-a.json", document("dev-a", -1))
    (ours, bare), (_, ratio) = in_turn(
        ROUNDS,
        lambda turn: _nothing(folder.swap("shard-00/dev-a.json", bodies[turn])),
        lambda turn: bare_one(theirs / "dev-a.json", bodies[turn]),
    )
    return [
        Row(PATH, "one changed file, ours", "", f"{ours * 1e6:,.0f} µs", None),
        Row(PATH, "the same by hand (write, fsync, rename, fsync)", "", f"{bare * 1e6:,.0f} µs", None),
        Row(PATH, "ours / by hand", f"≤ {AIM} ×", f"{ratio:.2f} ×", ratio <= AIM),
    ]


def batch(root: Path) -> list[Row]:
    """A batch: ours against by hand, flushed twice, and against files flushed one by one."""
    folder = DashboardFolder(root / "ours-batch")
    folder.prepare()
    names = [f"shard-{number % 32:02d}/dev-{number}.json" for number in range(BATCH)]
    for which in ("bare", "single"):
        for shard in range(32):
            (root / which / f"shard-{shard:02d}").mkdir(parents=True, exist_ok=True)
    rounds = 15
    bodies = [{name: document(name, turn) for name in names} for turn in range(rounds)]
    folder.swap_all({name: document(name, -1) for name in names})
    flushes = folder.flusher.flushes
    (ours, bare, _), (_, ratio, single) = in_turn(
        rounds,
        lambda turn: _nothing(folder.swap_all(bodies[turn], known=names)),
        lambda turn: bare_batch({root / "bare" / name: body for name, body in bodies[turn].items()}),
        lambda turn: each_synced({root / "single" / name: body for name, body in bodies[turn].items()}),
    )
    flushes = (folder.flusher.flushes - flushes) // rounds
    before = {path: path.stat().st_mtime_ns for path in folder.root.rglob("*.json")}
    start = time.perf_counter()
    unchanged = folder.swap_all(bodies[-1], known=names)
    unchanged_seconds = time.perf_counter() - start
    touched = sum(path.stat().st_mtime_ns != moment for path, moment in before.items())
    label = f"{BATCH} changed files"
    return [
        Row(PATH, f"{label}, ours", "", f"{ours * 1e3:,.1f} ms", None),
        Row(PATH, f"{label} by hand, flushed twice", "", f"{bare * 1e3:,.1f} ms", None),
        Row(PATH, "ours / by hand", f"≤ {AIM} ×", f"{ratio:.2f} ×", ratio <= AIM),
        Row(PATH, f"{label} flushed one by one / ours", "", f"{1 / single:.1f} ×", None),
        Row(PATH, "flushes per batch", "2", str(flushes), flushes == 2),
        Row(
            PATH,
            f"{BATCH} unchanged files: files written",
            "0",
            f"{len(unchanged.written) + touched} ({unchanged_seconds * 1e3:.1f} ms)",
            not unchanged.written and not touched,
        ),
    ]


def reloads(root: Path) -> list[Row]:
    """A trickle of changes through a real worker and a fake Grafana over HTTP: how many reloads were asked for."""
    dashboards = root / "trickle" / "dashboards"
    provisioning = write_provisioning(root / "trickle", dashboards)
    templates = root / "trickle" / "templates"
    templates.mkdir()
    (templates / "generic.json").write_bytes(template_source())
    store = Store.open(None, root / "trickle")
    store.migrate()
    stop = threading.Event()
    in_flight = _InFlight()
    with FakeGrafana(provisioning, environment={}, polling=False) as fake:
        fake.provisioner.reload = in_flight.watched(fake.provisioner.reload)  # type: ignore[method-assign]  # counted
        with house_of(store, dashboards, fake.url) as house:
            lead = Lead(Lease(store, WORKER_LEASE, "benchmark"))
            house.led_by(lambda: lead.fencing)
            catalog = TemplateCatalog(TemplateFolder(templates), TemplateTable(store))
            house.follow(catalog.current)
            worker = Worker(
                house.reconciler,
                records=house.records,
                changes=store,
                lead=lead,
                templates=TemplateFollower(
                    TemplateWatch(templates), TemplateLoading(house.records, catalog, house.registry, house.adoption)
                ),
                with_grafana=True,
                pace=Pace(),
            )
            thread = threading.Thread(target=worker.run, args=(stop,))
            thread.start()
            for start in range(0, TRICKLE, 10):
                house.registry.upserter.upsert_many(
                    {DeviceId(f"rig-{start + place}"): {} for place in range(10)}, "benchmark"
                )
                time.sleep(0.02)
            deadline = time.monotonic() + 120
            while house.records.documents.backlog()[0] and time.monotonic() < deadline:
                time.sleep(0.1)
            stop.set()
            thread.join()
            left = house.records.documents.backlog()[0]
    store.close()
    fewer = TRICKLE / max(in_flight.count, 1)
    return [
        Row("reloads", f"for {TRICKLE} changes that trickle in", "≥ 100 × fewer", f"{fewer:,.0f} ×", fewer >= 100),
        Row("reloads", "most in flight at a time", "1", str(in_flight.most), in_flight.most == 1),
        Row("reloads", "documents not live at the end", "0", str(left), left == 0),
    ]


class _InFlight:
    """Counts calls, and how many ran at the same time."""

    def __init__(self) -> None:
        self.count = self.most = self._now = 0
        self._lock = threading.Lock()

    def watched(self, call: Callable[..., None]) -> Callable[..., None]:
        """Wrap a call."""

        def counted(*arguments: object) -> None:
            with self._lock:
                self.count += 1
                self._now += 1
                self.most = max(self.most, self._now)
            try:
                call(*arguments)
            finally:
                with self._lock:
                    self._now -= 1

        return counted


def _nothing(_value: object) -> None:
    """Drop a result."""


def measure() -> list[Row]:
    """Measure everything below a folder of its own, on the disk the current directory is on."""
    root = Path(tempfile.mkdtemp(prefix=".publishing-", dir="."))
    try:
        return [*single_file(root), *batch(root), *reloads(root)]
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    print_rows(measure())
