"""A host platform as a user would write it: a loop over its devices, and a page that embeds their dashboards.

It knows the service by its address and an API token alone. Every so often one device goes away and comes back, so that
retiring and reviving can be watched.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LOOP_SECONDS = 2.0
_PAGE = Path(__file__).with_name("page.html")
_TOKENS = "/* The service's own tokens stand here when the page is sent. */"


class Host:
    """Manages devices; `wanderer` is the id of the one that goes away and comes back."""

    def __init__(
        self,
        service: str,
        token: str,
        devices: Sequence[Mapping[str, Any]],
        *,
        fleet_uid: str,
        wanderer: str | None = None,
        stays_seconds: float = 45.0,
        away_seconds: float = 20.0,
    ) -> None:
        # Late, since the client is a distribution of its own: only the demonstration needs it.
        from dashwright_client import DashboardHook

        self._service, self._token = service, token
        self._devices = devices
        self._fleet_uid = fleet_uid
        self._wanderer = wanderer
        self._times = (stays_seconds, away_seconds)
        self._hook = DashboardHook(service, token, client="demo-host", batch_window_seconds=0.2)
        self._stop = threading.Event()
        self._overview: str | None = None
        self._away = False
        self._wanderer_live = False
        self._loop = threading.Thread(target=self._run, name="demo-host", daemon=True)

    def start(self) -> None:
        """Start the loop."""
        self._loop.start()

    def close(self) -> None:
        """Stop the loop."""
        self._stop.set()
        self._loop.join()
        self._hook.close(1.0)

    def state(self) -> dict[str, object]:
        """Return the page's content: each device with its frame's address, and the overview."""
        links = self._hook.links
        shown = []
        for device in self._devices:
            link = links.get(device["id"])
            live = link is not None and link.state == "live"
            away = False
            if device["id"] == self._wanderer:
                # Its link comes and goes by our own calls, which the hook does not see; so the service was asked.
                away, live = self._away, live or self._wanderer_live
            # Somebody may have ended or paused a link by hand; the host looks on.
            by_hand = link is not None and link.state not in ("live", "pending")
            state = "live" if live else "off" if by_hand else "starting"
            shown.append(
                {
                    "id": device["id"],
                    "hostname": device["hostname"],
                    "site": device["labels"]["site"],
                    "state": "retired" if away else state,
                    "url": link.url if link else None,
                }
            )
        return {"devices": shown, "overview": self._overview}

    def _run(self) -> None:
        # Both are started at once here; the hook would say of a service that is not there yet that it is away.
        while not self._answers() and not self._stop.wait(0.2):
            pass
        # However an earlier start ended, perhaps with a device away: this one begins with all of them.
        while not self._stop.is_set() and not self._bring_back():
            self._stop.wait(_LOOP_SECONDS)
        turn_at: float | None = None
        while not self._stop.is_set():
            # The whole integration: say which devices there are, again and again.
            self._hook.ensure_many(self._devices)
            try:
                if self._overview is None and self._hook.links:
                    self._overview = self._find_overview()
                if turn_at is None and self._all_live():
                    turn_at = time.monotonic() + self._times[0]
                if self._wanderer and turn_at is not None and time.monotonic() >= turn_at:
                    self._turn(self._wanderer)
                    turn_at = time.monotonic() + self._times[1 if self._away else 0]
                elif self._wanderer and not self._away and not self._wanderer_live:
                    self._wanderer_live = self._is_live(self._wanderer)
            except (OSError, ValueError, KeyError):
                pass  # the service is starting or stopping; the next turn tries again
            self._stop.wait(_LOOP_SECONDS)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self._service}/server/health", timeout=2).close()  # noqa: S310  our own
        except urllib.error.HTTPError as fault:
            fault.close()
            return fault.code != 502  # the edge alone is there
        except OSError:
            return False
        return True

    def _bring_back(self) -> bool:
        """Revive what is retired; False when the service could not be asked yet."""
        try:
            for device in self._devices:
                try:
                    if self._call("GET", f"/api/devices/{device['id']}")["device"]["state"] == "retired":
                        self._call("POST", f"/api/devices/{device['id']}/revive")
                except urllib.error.HTTPError as fault:
                    with fault:
                        # 404: it is new; 410: the service is about to forget it, and then it is new.
                        if fault.code not in (404, 410):
                            return False
        except (OSError, ValueError, KeyError):
            return False
        return True

    def _all_live(self) -> bool:
        links = self._hook.links
        return all((link := links.get(device["id"])) is not None and link.state == "live" for device in self._devices)

    def _turn(self, device_id: str) -> None:
        if self._away:
            self._call("POST", f"/api/devices/{device_id}/revive")
        else:
            self._call("DELETE", f"/api/devices/{device_id}")
        self._away = not self._away
        self._wanderer_live = False

    def _is_live(self, device_id: str) -> bool:
        try:
            link = self._call("GET", f"/api/devices/{device_id}")["link"]
        except urllib.error.HTTPError as fault:
            if fault.code != 404:  # 404: the hook has not brought it yet
                raise
            return False
        return bool(link) and link["state"] == "live"

    def _find_overview(self) -> str | None:
        try:
            found = self._call("GET", f"/api/links?document={self._fleet_uid}&per_page=1")
            link = found[0] if found else self._call("POST", "/api/links", {"document": self._fleet_uid})
        except urllib.error.HTTPError as fault:
            if fault.code != 404:  # 404: the worker has not made it yet
                raise
            return None
        return str(link["url"])

    def _call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  # the address is our own setting
            self._service + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # as above
            return json.load(answer)


class HostPage(ThreadingHTTPServer):
    """The host's own web server: another origin than the service's."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: Host, port: int = 0, *, tokens: str = "") -> None:
        """Serve on a port of loopback; `tokens` are the colours the page is written in."""
        super().__init__(("127.0.0.1", port), _Handler)
        self.host = host
        self.page = _PAGE.read_text(encoding="utf-8").replace(_TOKENS, tokens).encode()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: HostPage

    def do_GET(self) -> None:
        """Serve the page, and what it asks every two seconds."""
        if self.path.partition("?")[0] == "/":
            self._answer(200, "text/html; charset=utf-8", self.server.page)
        elif self.path == "/fleet.json":
            self._answer(200, "application/json", json.dumps(self.server.host.state()).encode())
        else:
            self._answer(404, "text/plain", b"There is only / here.\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Log nothing."""
