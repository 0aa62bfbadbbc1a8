"""Links in a real Chromium: our pages on one origin, host pages on another, and everything the browser received."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from playwright.sync_api import Browser, Frame, Page
from werkzeug.serving import WSGIRequestHandler, make_server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve an application on loopback; gives the port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]  # threaded=True gives a ThreadingMixIn
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        serving.join(10)
        server.server_close()


HOST_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Host</title></head><body>
<div id="spot"></div>
<script src="{links}/grafana/dashwright/embed.js"></script>
<script>
  window.events = [];
  window.frame = Dashwright.embed(document.getElementById("spot"), {{
    url: "{url}", theme: "{theme}", onEvent: (event) => events.push(event),
  }});
</script></body></html>"""


def host_app() -> Flask:
    """Make a host: `/embed?links=&url=&theme=` embeds a link by our script, any other page is what `body` says."""
    app = Flask("host")

    @app.get("/embed")
    def embed() -> str:
        given = {name: request.args.get(name, "") for name in ("links", "url", "theme")}
        return HOST_PAGE.format(**given)

    @app.get("/page")
    def page() -> str:
        return f"<!doctype html><html><body>{request.args['body']}</body></html>"

    return app


@dataclass
class Received:
    """Everything an application sent to browsers: headers and bodies."""

    parts: list[bytes] = field(default_factory=list)

    def watch(self, app: Flask) -> Flask:
        """Begin to keep what is sent."""

        @app.after_request
        def _keep(answer: Response) -> Response:
            self.parts.append(repr(list(answer.headers)).encode() + answer.get_data())
            return answer

        return app


def link_frame(page: Page, base: str) -> Frame:
    """Return the frame that shows a link."""
    page.wait_for_function("document.querySelector('iframe')")
    for _ in range(100):
        for frame in page.frames:
            if frame.url.startswith(f"{base}/grafana/") or frame.url.startswith("chrome-error"):
                return frame
        page.wait_for_timeout(50)
    raise AssertionError([frame.url for frame in page.frames])


def events(page: Page, kind: str) -> list[dict[str, Any]]:
    """Return the events of one kind that the host page heard."""
    found: list[dict[str, Any]] = page.evaluate("kind => events.filter((event) => event.type === kind)", kind)
    return found


def wait_for_event(page: Page, kind: str, timeout_ms: int = 15_000) -> dict[str, Any]:
    """Wait until the host page heard an event; gives the first of its kind."""
    page.wait_for_function("kind => events.some((event) => event.type === kind)", arg=kind, timeout=timeout_ms)
    return events(page, kind)[0]


__all__ = ["FLAGS", "Browser", "Received", "events", "host_app", "link_frame", "served", "wait_for_event"]
