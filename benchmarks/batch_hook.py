"""The hook: a batch of 10,000 unchanged devices against decoding its JSON alone and against single calls.

Run: python -m benchmarks.batch_hook [--known 100000]
All parts run in turn, in one process each, in one run; medians are printed. "over HTTP" is the whole application behind
gunicorn on loopback with an API token, as in production without the edge.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from backend_server.registry import DeviceRegistry, RegistryOptions
from backend_server.settings import load_settings
from backend_server.storage.engine.store import Store
from backend_server.storage.transactions import Records
from backend_server.templates import TemplateSet, load_template
from backend_server.web.api.devices.hook import DeviceHook
from backend_server.wiring.accounts import ensure_first_admin
from benchmarks.report import Row, print_rows

DEVICES = 10_000
ROUNDS = 9
BASE = "http://127.0.0.1"
_TOKEN = "dw_" + "t" * 43

_SERVE = """
import os
from backend_server.settings import load_settings
from backend_server.web.server import serve
serve(load_settings(os.environ))
"""


def hook_over(store: Store) -> DeviceHook:
    """Make the hook over a store, with one document per device."""
    shipped = Path(__file__).parents[1] / "dashboard_templates" / "generic.json"
    templates = TemplateSet.of([load_template(shipped.name, shipped.read_bytes())])
    return DeviceHook(DeviceRegistry(Records(store), lambda: templates, RegistryOptions()).upserter)


def device(number: int) -> dict[str, object]:
    """Make a device as a polling host sends it."""
    return {
        "id": f"rig-{number:06}",
        "hostname": f"rig-{number:06}.site-{number % 40}.example.com",
        "kind": "miner",
        "labels": {"site": f"site-{number % 40}", "rack": str(number % 97), "model": "S19"},
        "address": f"http://10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
    }


def median_ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median duration of some work in milliseconds."""
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


def in_process(folder: Path) -> list[Row]:
    """Measure the hook itself, over a registry and a store."""
    store = Store.open(None, folder)
    store.migrate()
    hook = hook_over(store)
    body = orjson.dumps([device(number) for number in range(DEVICES)])
    begin = time.perf_counter()
    hook.items(orjson.loads(body), "benchmark", BASE)
    first = time.perf_counter() - begin
    before = store.change_number()
    decoding = median_ms(lambda: orjson.loads(body))
    whole = median_ms(lambda: hook.items(orjson.loads(body), "benchmark", BASE))
    same = median_ms(lambda: hook.batch(body, "benchmark", BASE))
    half = orjson.dumps([device(number) for number in range(DEVICES // 2)])
    half_ms = median_ms(lambda: hook.items(orjson.loads(half), "benchmark", BASE))
    single = orjson.dumps(device(7))
    hook.put("rig-000007", single, "benchmark", BASE)
    single_us = median_ms(lambda: hook.put("rig-000007", single, "benchmark", BASE), 2000) * 1000
    written = store.change_number() - before
    store.close()
    path = f"hook alone, {DEVICES} devices, {len(body) / 1e6:.1f} MB"
    return [
        Row(path, "all new, µs per device", "", f"{first / DEVICES * 1e6:.0f}", None),
        Row(path, "decoding alone (orjson)", "", f"{decoding:.1f} ms", None),
        Row(path, "batch, unchanged, decoding included", "", f"{whole:.1f} ms", None),
        Row(path, "batch / decoding, device by device", "≤ 3", f"{whole / decoding:.2f}", whole <= 3 * decoding),
        Row(path, "batch / decoding, the same bytes again", "≤ 3", f"{same / decoding:.2f}", same <= 3 * decoding),
        Row(path, "10,000 against 5,000 devices", "≈ 2", f"{whole / half_ms:.2f}", whole / half_ms < 2.5),
        Row(path, "single call, unchanged", "", f"{single_us:.1f} µs", None),
        Row(path, "transactions of all unchanged calls", "0", str(written), written == 0),
    ]


def over_http(folder: Path) -> list[Row]:
    """Measure the whole application over real HTTP."""
    body = orjson.dumps([device(number) for number in range(DEVICES)])
    decoding = median_ms(lambda: orjson.loads(body))
    with running_web(folder) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        headers = {"Authorization": f"Bearer {_TOKEN}", "Content-Type": "application/json"}

        def call(method: str, path: str, content: bytes) -> bytes:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            found = answer.read()
            if answer.status not in (200, 201):
                raise SystemExit(f"{method} {path} answered {answer.status}: {found[:300]!r}")
            return found

        def batch() -> bytes:
            return call("POST", "/api/devices/batch", body)

        batch()
        whole = median_ms(batch)
        single = orjson.dumps(device(7))
        single_us = median_ms(lambda: call("PUT", "/api/devices/rig-000007", single), 400) * 1000
        connection.close()
    each_us = whole * 1000 / DEVICES
    path = "over HTTP, keep-alive, one client"
    return [
        Row(path, "batch of 10,000 unchanged, as the client sees it", "", f"{whole:.1f} ms", None),
        Row(path, "batch / decoding alone", "≤ 3", f"{whole / decoding:.2f}", whole <= 3 * decoding),
        Row(path, "µs per device, batch", "", f"{each_us:.2f}", None),
        Row(path, "µs per device, single calls", "", f"{single_us:.0f}", None),
        Row(path, "single / batch", "≥ 100", f"{single_us / each_us:.0f}", single_us / each_us >= 100),
    ]


@contextmanager
def running_web(folder: Path) -> Iterator[int]:
    """Run the web program on a free port over a fresh database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PORT": str(port),
        "EDGE": "false",
        "DATA_DIR": str(folder),
        "DASHBOARDS_DIR": str(folder / "dashboards"),
        "API_TOKEN": _TOKEN,
        "LISTEN": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
    }
    store = Store.open(None, folder)
    store.migrate()
    ensure_first_admin(load_settings(environment), store)
    store.close()
    process = subprocess.Popen([sys.executable, "-c", _SERVE], env=environment)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise SystemExit("the web program did not start") from None
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def start_with_known(folder: Path, known: int) -> list[Row]:
    """Measure the first right answer of a registry that starts over a full database."""
    store = Store.open(None, folder)
    store.migrate()
    filling = hook_over(store)
    for start in range(0, known, DEVICES):
        part = [device(number) for number in range(start, min(start + DEVICES, known))]
        filling.items(part, "benchmark", BASE)
    number = store.change_number()
    store.close()
    content = orjson.dumps(device(known // 2))
    begin = time.perf_counter()
    store = Store.open(None, folder)
    store.check()
    hook = hook_over(store)
    status, _ = hook.put(f"rig-{known // 2:06}", content, "benchmark", BASE)
    taken = time.perf_counter() - begin
    rewrites = store.change_number() - number
    store.close()
    path = f"start with {known:,} known devices"
    return [
        Row(
            path,
            "open, check, first right answer",
            "≤ 500 ms",
            f"{taken * 1000:.0f} ms",
            taken <= 0.5 and status == 200,
        ),
        Row(path, "rewrites", "0", str(rewrites), rewrites == 0),
    ]


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--known", type=int, default=100_000, help="devices in the database at a start (0 leaves it out)"
    )
    known = parser.parse_args().known
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += in_process(Path(folder) / "registry")
        rows += over_http(Path(folder) / "web")
        if known:
            rows += start_with_known(Path(folder) / "known", known)
    print_rows(rows)


if __name__ == "__main__":
    main()
