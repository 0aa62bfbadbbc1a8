"""A worker process that ends itself with SIGKILL at the n-th kill point; run by `test_kill_points.py`.

It loads everything once and then forks for each order it reads from standard input, so that dozens of real processes
cost little. An order is one JSON line `{"data", "dashboards", "grafana", "kill_at", "log", "slots"}`, `slots` naming
those that the templates fill; the answer is the child's exit code and signal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from backend_server.storage.engine.store import Store
from tests.support.reconciling import House, house_of, template_set, template_source


def work(order: dict[str, Any]) -> None:
    """Settle everything, noting each point passed, and die at the one ordered."""
    lock = threading.Lock()
    passed = 0

    def checkpoint(point: str) -> None:
        nonlocal passed
        with lock:
            passed += 1
            with Path(order["log"]).open("a") as log:
                log.write(point + "\n")
            if passed == order["kill_at"]:
                os.kill(os.getpid(), signal.SIGKILL)

    store = Store.open(None, Path(order["data"]))
    with house_of(store, Path(order["dashboards"]), order["grafana"], checkpoint=checkpoint) as house:
        templates = template_set(**{slot: template_source(slot=slot) for slot in order["slots"]})
        house.use(templates, lambda: match_slots(house))
        house.reconciler.audit()
        house.settle()
        audit, again = house.reconciler.audit(), house.reconciler.run_pass()
        if again.changed_something or audit.files_lost or audit.public_lost or audit.leftovers:
            raise AssertionError(f"a second pass found something: {audit} {again}")
    store.close()


def match_slots(house: House) -> None:
    """Match every device in a transaction of its own, as a fleet of thousands is matched in parts."""
    for device in house.records.devices.everything():
        house.checkpoint("before matching slots")
        house.registry.match_slots([str(device.id)])
        house.checkpoint("after matching slots")


def main() -> None:
    """Fork for each order."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                work(order)
            except BaseException as fault:
                sys.stderr.write(f"{type(fault).__name__}: {fault}\n")
                os._exit(3)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


if __name__ == "__main__":
    main()
