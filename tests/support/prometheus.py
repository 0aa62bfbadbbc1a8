"""A real Prometheus for a test session, fed by a small exposition server whose text a test can set.

`running_prometheus()` starts Debian's `prometheus` on a free loopback port with a data directory of its own below
`folder`, scraping every second; nothing is left behind when the block ends. `Recorder` is a proxy that counts what
reaches the real one.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import orjson

PROGRAM = "prometheus"


@dataclass
class Exposition:
    """What the scraped server says; `text` may be replaced at any time."""

    text: str = "dashwright_probe 1\n"
    scrapes: int = 0
    port: int = 0


@dataclass
class RunningPrometheus:
    """A started Prometheus with its exposition server."""

    url: str
    exposition: Exposition
    rules: Path | None = None

    def use_rules(self, text: str) -> None:
        """Replace the rule file and have it read."""
        assert self.rules is not None
        self.rules.write_text(text, encoding="utf-8")
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/reload", method="POST"), timeout=5):
            return

    def expose(self, text: str) -> None:
        """Replace the exposed text and wait until Prometheus has taken the new one twice."""
        self.exposition.text = text
        wanted = self.exposition.scrapes + 3
        wait_until(lambda: self.exposition.scrapes >= wanted, what="Prometheus' scrapes")

    def ask(self, query: str) -> list[dict[str, object]]:
        """Ask an instant query and give the result list."""
        from urllib.parse import urlencode

        with urllib.request.urlopen(f"{self.url}/api/v1/query?{urlencode({'query': query})}", timeout=5) as answer:
            found: list[dict[str, object]] = orjson.loads(answer.read())["data"]["result"]
            return found


def wait_until(true: object, *, what: str, seconds: float = 20.0) -> None:
    """Wait until the callable gives something true; fails the test naming `what`."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.05)


@contextmanager
def exposition_server() -> Iterator[Exposition]:
    """Serve `/metrics` with the text of the moment."""
    exposition = Exposition()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exposition.text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            exposition.scrapes += 1

        def log_message(self, *args: object) -> None:
            return

    with _serving(Handler) as port:
        exposition.port = port
        yield exposition


@contextmanager
def running_prometheus(
    folder: Path,
    *,
    rules: str | None = None,
    text: str | None = None,
    history: Callable[[str], str] | None = None,
    others: Mapping[str, str] | None = None,
) -> Iterator[RunningPrometheus]:
    """Start a real Prometheus below `folder`, with a rule file; killed and its data removed at the end.

    Args:
        folder: where configuration and data go.
        rules: a rule file's text; `use_rules` replaces it later.
        text: what the exposition server says at first.
        history: gives OpenMetrics text of what was before, for the labels every scraped series will have.
        others: job to address (host:port) of further targets; an empty address is Prometheus itself.
    """
    program = shutil.which(PROGRAM)
    assert program, f"{PROGRAM} is not installed; `make test` installs it"
    data = folder / "prometheus-data"
    with exposition_server() as exposition:
        if text is not None:
            exposition.text = text
        if rules is not None:
            (folder / "rules.yml").write_text(rules, encoding="utf-8")
        config = folder / "prometheus.yml"
        port = free_port()
        config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
            + ("" if rules is None else "rule_files: [rules.yml]\n")
            + "scrape_configs:\n"
            "  - job_name: devices\n"
            "    honor_labels: true\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{exposition.port}']}}]\n"
            + "".join(
                f"  - job_name: {job}\n    static_configs: [{{targets: ['{address or f'127.0.0.1:{port}'}']}}]\n"
                for job, address in (others or {}).items()
            ),
            encoding="utf-8",
        )
        if history is not None:
            _fill(data, history(f'instance="127.0.0.1:{exposition.port}",job="devices"'))
        process = subprocess.Popen(
            [
                program,
                f"--config.file={config}",
                f"--storage.tsdb.path={data}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
                "--web.enable-lifecycle",
                "--storage.tsdb.retention.time=1h",
                "--storage.tsdb.min-block-duration=2h",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: _ready(url, process), what="a ready Prometheus")
            running = RunningPrometheus(url, exposition, None if rules is None else folder / "rules.yml")
            wait_until(lambda: exposition.scrapes >= 2, what="the first scrapes")
            yield running
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(data, ignore_errors=True)


@dataclass
class Recorder:
    """A proxy in front of Prometheus: what was asked, and what goes wrong on demand."""

    upstream: str
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    delay_seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def queries(self) -> list[str]:
        """Return the queries that came, in order."""
        return [form["query"] for _, form in self.asked]

    def forget(self) -> None:
        """Forget what was asked so far."""
        with self.lock:
            self.asked.clear()


@contextmanager
def recording_proxy(upstream: str) -> Iterator[Recorder]:
    """Put a recording proxy in front of a Prometheus."""
    recorder = Recorder(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            form = {name: values[-1] for name, values in parse_qs(body.decode()).items()}
            with recorder.lock:
                recorder.asked.append((self.path, form))
            time.sleep(recorder.delay_seconds)
            status, answer = _forward(f"{recorder.upstream}{self.path}", body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            return

    with _serving(Handler) as port:
        recorder.url = f"http://127.0.0.1:{port}"
        yield recorder


@contextmanager
def answering_server(answer: Callable[[str], bytes]) -> Iterator[str]:
    """Serve what is in Prometheus' place; give its URL. It answers 200 with what `answer` makes of query or path."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one piece

        def do_GET(self) -> None:
            self.answer(self.path)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
            self.answer(form.get("query", [self.path])[-1])

        def answer(self, asked: str) -> None:
            body = answer(asked)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    with _serving(Handler) as port:
        yield f"http://127.0.0.1:{port}"


def _fill(data: Path, text: str) -> None:
    """Put samples with timestamps into an empty store."""
    source = data.with_suffix(".txt")
    source.write_text(text, encoding="utf-8")
    data.mkdir()
    told = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", source, data], capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr[-500:]


def free_port() -> int:
    """Find a loopback port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _forward(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": headers.get("Content-Type", "")})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read()


def _ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "Prometheus ended at its start"
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        serving.join()
