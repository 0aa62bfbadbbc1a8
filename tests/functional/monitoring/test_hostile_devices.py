"""What a hostile device can do to Prometheus, in each place that names its job: not send it elsewhere, nor fill it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Template

from tests.support.prometheus import PROGRAM, RunningPrometheus, free_port, wait_until

ROOT = Path(__file__).parents[3]
JOB = "dashwright-devices"


def shipped_job(name: str = JOB) -> dict[str, Any]:
    source = (ROOT / "config" / "prometheus" / "prometheus.yml.j2").read_text("utf-8")
    values = {"scrape_interval": "5s", "poller_port": 1, "public_place": "127.0.0.1:1", "token_file": "t"}
    return job_of(Template(source).render(values), name)


def compose_job(name: str = JOB) -> dict[str, Any]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return job_of(compose["configs"]["prometheus"]["content"], name)


def documented_job(name: str = JOB) -> dict[str, Any]:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    return job_of(next(block for block in page.split("```yaml\n")[1:] if JOB in block).partition("```")[0], name)


def job_of(text: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(job for job in yaml.safe_load(text)["scrape_configs"] if job["job_name"] == name)
    return found


@contextmanager
def answering(status: int, body: bytes, location: str = "") -> Iterator[tuple[str, list[str]]]:
    """Serve one answer to everybody; yields the address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who asked may have had enough
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def prometheus_with(job: dict[str, Any], folder: Path) -> Iterator[RunningPrometheus]:
    """Start a real Prometheus with this very job, its discovery and sign-in left out."""
    left_out = ("http_sd_configs", "relabel_configs", "authorization")
    fixed = {key: value for key, value in job.items() if key not in left_out}
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [fixed]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    program, port = shutil.which(PROGRAM), free_port()
    assert program, f"{PROGRAM} is not installed; `make test` installs it"
    process = subprocess.Popen(
        [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield RunningPrometheus(f"http://127.0.0.1:{port}", None, None)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder / "data", ignore_errors=True)


@pytest.mark.parametrize("job", [shipped_job, compose_job, documented_job])
def test_a_device_neither_sends_prometheus_elsewhere_nor_fills_it(job: Any, tmp_path: Path) -> None:
    long_name, long_value = "n" * 300, "v" * 2000
    many_labels = ",".join(f'l{number}="1"' for number in range(80))
    with ExitStack() as stack:
        secret, hits = stack.enter_context(answering(200, b"secret_metric 42\n"))
        answers = {
            "good": (200, b"good_metric 1\n", ""),
            "redirecting": (302, b"", f"http://{secret}/internal/admin"),
            "large": (200, b"# " + b"x" * 6_000_000 + b"\nlarge_metric 1\n", ""),
            "many": (200, b"".join(b'many_metric{n="%d"} 1\n' % n for n in range(6000)), ""),
            "long-name": (200, f'long_metric{{{long_name}="1"}} 1\n'.encode(), ""),
            "long-value": (200, f'long_metric{{n="{long_value}"}} 1\n'.encode(), ""),
            "many-labels": (200, f"long_metric{{{many_labels}}} 1\n".encode(), ""),
        }
        servers = {name: stack.enter_context(answering(*answer)) for name, answer in answers.items()}
        fixed = [{"targets": [place], "labels": {"device": name}} for name, (place, _) in servers.items()]
        running = stack.enter_context(prometheus_with(job() | {"static_configs": fixed}, tmp_path))
        wait_until(lambda: _asked(running, servers), what="a second look at each device", seconds=40)

        up = {_label(row, "device"): _value(row) for row in running.ask("up")}
        assert up == {name: "1" if name == "good" else "0" for name in answers}
        names = {_label(row, "__name__") for row in running.ask('{__name__=~".*_metric"}')}
        assert names == {"good_metric"}
        assert hits == []


def _asked(running: RunningPrometheus, servers: dict[str, tuple[str, list[str]]]) -> bool:
    try:
        ready = len(running.ask("up")) == len(servers)
    except OSError:
        return False
    return ready and all(len(asked) >= 2 for _, asked in servers.values())


def _label(row: dict[str, Any], name: str) -> str:
    return str(row["metric"][name])


def _value(row: dict[str, Any]) -> str:
    return str(row["value"][1])
