"""Run the fake as a process: `python -m tests.fakes.grafana --port 3300 --provisioning DIR`; SIGTERM ends it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from tests.fakes.grafana.costs import FILE_SECONDS, Costs
from tests.fakes.grafana.fake import FakeGrafana, StartFailed
from tests.fakes.grafana.request import AuthRules


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.grafana")
    parser.add_argument("--port", type=int, default=3300)
    parser.add_argument("--provisioning", type=Path, required=True, help="folder with dashboards/ and datasources/")
    parser.add_argument("--admin-user", default="admin")
    parser.add_argument("--root-url", default="")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--prometheus", action="store_true", help="ask the datasources' own addresses")
    parser.add_argument("--csrf-always-check", action="store_true")
    parser.add_argument("--start-seconds", type=float, default=0.0, help="what a start takes besides reading files")
    parser.add_argument(
        "--load", type=float, default=0.0, help="let calls and files take what they take a real one, so many times"
    )
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    fake = FakeGrafana(
        given.provisioning,
        port=given.port,
        admin_user=given.admin_user,
        root_url=given.root_url,
        time_scale=given.time_scale,
        prometheus=given.prometheus,
        auth=AuthRules(csrf_always_check=given.csrf_always_check),
    )
    fake.starting_seconds = given.start_seconds
    if given.load:
        fake.costs = Costs(given.load)
        fake.provisioner.seconds_per_saved_file = FILE_SECONDS * given.load
    try:
        with fake:
            print(f'logger=http.server msg="HTTP Server Listen" address=127.0.0.1:{fake.port}', flush=True)
            stop.wait()
    except StartFailed as fault:
        print(f"Error: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
