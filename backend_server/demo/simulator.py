"""Simulated miners over real HTTP, each on a port of its own, with believable numbers that move.

`GET /api/system/info` answers as a miner does. `POST /set` with e.g. `{"power": 777}` holds a value, null lets it move
again. The numbers are a function of time, so that a history can be written for the time before the start.
"""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Model:
    """A model of miner: its values when undisturbed. Hash rate in GH/s, power in watts."""

    chip: str
    hash_rate: float
    power: float
    difficulty: str


MODELS: Sequence[Model] = (
    Model("BM1370", 1180.0, 17.4, "4.29G"),
    Model("BM1368", 690.0, 14.1, "1.83G"),
    Model("BM1366", 505.0, 12.2, "962M"),
)


def wave(at: float, seed: int, period_seconds: float) -> float:
    """Return a smooth, never quite repeating number from -1 to 1."""
    turn = at / period_seconds * math.tau
    return (math.sin(turn + seed) + math.sin(turn * 2.7 + seed * 1.3) * 0.5 + math.sin(turn * 7.1 + seed) * 0.25) / 1.75


def info_at(at: float, number: int, hostname: str, started: float) -> dict[str, object]:
    """Return what miner `number` answers at a given time (epoch seconds); the keys are those of AxeOS."""
    model = MODELS[number % len(MODELS)]
    # Slow enough to be read as a line over an hour, with a small part that moves from one reading to the next.
    load = 1 + 0.04 * wave(at, number, 900) + 0.006 * wave(at, number + 9, 13)
    temperature = 57 + 3 * wave(at, number + 3, 1500) + 40 * (load - 1) + number % 4
    fan = min(100.0, max(20.0, 55 + (temperature - 57) * 4))
    minutes = max(0.0, at - started) / 60
    accepted = int(minutes * (2.4 + number % 3))
    return {
        "hostname": hostname,
        "ASICModel": model.chip,
        "version": "v2.6.5",
        "hashRate": round(model.hash_rate * load, 2),
        "power": round(model.power * (0.7 + 0.3 * load) + 0.06 * wave(at, number + 5, 17), 2),
        "temp": round(temperature, 1),
        "vrTemp": round(temperature + 6 + wave(at, number + 7, 400), 1),
        "fanrpm": int(fan * 68),
        "fanspeed": round(fan),
        "voltage": round(5080 + 25 * wave(at, number + 11, 700), 1),
        "sharesAccepted": accepted,
        "sharesRejected": accepted // 240,
        "bestDiff": model.difficulty,
        "uptimeSeconds": int(at - started),
        "wifiRSSI": round(-52 - 4 * (number % 5) + 3 * wave(at, number + 13, 600)),
    }


@dataclass
class Miner:
    """One simulated device; `held` are the values somebody fixed."""

    number: int
    hostname: str
    started: float
    held: dict[str, object] = field(default_factory=dict)

    def info(self, at: float) -> dict[str, object]:
        """Return the answer at a given time."""
        return {**info_at(at, self.number, self.hostname, self.started), **self.held}

    def set(self, values: Mapping[str, object]) -> None:
        """Fix values; null frees one again."""
        for name, value in values.items():
            if value is None:
                self.held.pop(name, None)
            else:
                self.held[name] = value


class MinerServer(ThreadingHTTPServer):
    """The miner's web server, in a thread of its own."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, miner: Miner, port: int = 0, host: str = "127.0.0.1") -> None:
        self._open: set[socket.socket] = set()
        super().__init__((host, port), _Handler)
        self.miner = miner
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """The address the poller asks."""
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember each connection, so that switching off ends it as it does with a real device."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def close(self) -> None:
        """Switch the device off."""
        self.shutdown()
        self.server_close()
        self._thread.join()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: MinerServer

    def do_GET(self) -> None:
        """Answer as the device does."""
        if self.path == "/api/system/info":
            self._answer(200, self.server.miner.info(time.time()))
        else:
            self._answer(404, {"error": "not found"})

    def do_POST(self) -> None:
        """Fix values of the device."""
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else 0
        if self.path != "/set" or not 0 < size <= _MOST_BYTES:
            self._answer(404 if self.path != "/set" else 400, {"error": "POST /set takes a small JSON object"})
            return
        try:
            values = json.loads(self.rfile.read(size))
        except ValueError:
            values = None
        if not isinstance(values, dict):
            self._answer(400, {"error": "POST /set takes a JSON object"})
            return
        self.server.miner.set(values)
        self._answer(200, {"held": self.server.miner.held})

    def _answer(self, status: int, body: object) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Log nothing: the poller asks every second."""
