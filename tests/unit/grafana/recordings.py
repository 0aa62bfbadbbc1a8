"""Recorded exchanges with Grafana 12.4.0: sent again, and compared with what is not deterministic put aside."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).parents[2] / "golden" / "grafana"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_NEVER = "0001-01-01T00:00:00Z"
_MADE_UID = re.compile(r"[a-g][a-z0-9]{13}")
_MADE_TOKEN = re.compile(r"[0-9a-f]{32}")
_CHOSEN_TOKEN = re.compile(r"0123456789abcdef.*|(.)\1{31}|0{30}..")


@dataclass(frozen=True)
class Exchange:
    """One line of a recording."""

    file: str
    line: int
    note: str
    method: str
    path: str
    request_headers: dict[str, str]
    request_body: Any
    status: int
    response_headers: dict[str, str]
    response_body: Any
    trimmed: bool
    omitted: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} ({self.note}) {self.method} {self.path}"


@dataclass(frozen=True)
class Answered:
    """What came back for a request sent again."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def parsed(self) -> Any:
        """The body as a recording would have it: parsed when it is JSON, else as text."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body.decode()


def exchanges(file: str, first: int = 1, last: int = 10_000) -> Iterator[Exchange]:
    """Return the lines of a recording, counted from 1."""
    with (FOLDER / f"{file}.jsonl").open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            if first <= number <= last:
                found = json.loads(text)
                yield Exchange(
                    file,
                    number,
                    found["note"],
                    found["method"],
                    found["path"],
                    found["requestHeaders"],
                    found["requestBody"],
                    found["status"],
                    found["responseHeaders"],
                    found["responseBody"],
                    bool(found.get("trimmed")),
                    "omitted" in found,
                )


@dataclass
class Replay:
    """Sends recorded requests to `origin`; ids that Grafana made up are translated both ways as they appear."""

    origin: str
    made: dict[str, str] = field(default_factory=dict)  # recorded -> now
    ids: dict[int, int] = field(default_factory=dict)

    def send(self, exchange: Exchange) -> Answered:
        """Send the request as it was recorded, from the peer its note names."""
        parts = urlsplit(self.origin)
        peer = "127.0.0.2" if "from 127.0.0.2" in exchange.note else "127.0.0.1"
        assert parts.hostname is not None
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20, source_address=(peer, 0))
        path = exchange.path
        for recorded, now in self.made.items():
            path = path.replace(recorded, now)
        body = exchange.request_body
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        try:
            connection.request(exchange.method, path, content, {"Host": "localhost:8080", **exchange.request_headers})
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, headers, answer.read())
        finally:
            connection.close()

    def check(self, exchange: Exchange, now: Answered) -> None:
        """Compare status, headers and body with the recording; the message of a difference names its place."""
        assert now.status == exchange.status, f"{exchange}: {now.status} {now.body[:500]!r}"
        for name, value in exchange.response_headers.items():
            if name != "Content-Length":
                assert now.headers.get(name.lower()) == value, f"{exchange}: header {name}"
        body = boot_settings(now.body) if exchange.omitted and exchange.response_body else now.parsed
        if exchange.response_body is not None:
            differences = list(self._compare(exchange.response_body, body, "", exchange.trimmed))
            assert not differences, f"{exchange}: {differences[:5]}"
        length = exchange.response_headers.get("Content-Length")
        if length is not None and not re.search(r"\.\d+Z", json.dumps(exchange.response_body)):
            assert now.headers["content-length"] == length, f"{exchange}: length of {now.body!r}"

    def _compare(self, recorded: Any, now: Any, place: str, trimmed: bool) -> Iterator[str]:
        if trimmed and recorded is None:
            return
        if isinstance(recorded, dict) and isinstance(now, dict):
            missing = recorded.keys() - now.keys()
            extra = set() if trimmed else now.keys() - recorded.keys()
            if missing or extra:
                yield f"{place}: missing {sorted(missing)}, extra {sorted(extra)}"
            for name in recorded.keys() & now.keys():
                yield from self._compare(recorded[name], now[name], f"{place}.{name}", trimmed)
        elif isinstance(recorded, list) and isinstance(now, list):
            yield from self._compare_lists(recorded, now, place, trimmed)
        elif isinstance(recorded, str) and isinstance(now, str):
            yield from self._compare_texts(recorded, now, place)
        elif type(recorded) is int and type(now) is int and recorded > 10**12 and now > 10**12:
            if place.endswith(".id") and self.ids.setdefault(recorded, now) != now:
                yield f"{place}: another internal id than before"
        elif type(recorded) is not type(now) or recorded != now:
            yield f"{place}: {recorded!r} became {now!r}"

    def _compare_lists(self, recorded: list[Any], now: list[Any], place: str, trimmed: bool) -> Iterator[str]:
        if place.endswith(".data.values"):
            counts = [[len(one) for one in each] for each in (recorded, now)]
            if len(recorded) != len(now) or (not trimmed and counts[0] != counts[1]):
                yield f"{place}: {counts[0]} values became {counts[1]}"
            return
        if len(recorded) != len(now):
            yield f"{place}: {len(recorded)} entries became {len(now)}"
        for number, (one, other) in enumerate(zip(recorded, now, strict=False)):
            yield from self._compare(one, other, f"{place}[{number}]", trimmed)

    def _compare_texts(self, recorded: str, now: str, place: str) -> Iterator[str]:
        if _TIME.fullmatch(recorded) and recorded != _NEVER:
            if not _TIME.fullmatch(now) or now == _NEVER or ("." in recorded) != ("." in now):
                yield f"{place}: {now!r} is not a time like {recorded!r}"
        elif _MADE_UID.fullmatch(recorded) or (
            _MADE_TOKEN.fullmatch(recorded) and not _CHOSEN_TOKEN.fullmatch(recorded) and "avatar" not in place
        ):
            if len(recorded) != len(now) or self.made.setdefault(recorded, now) != now:
                yield f"{place}: {recorded!r} became {now!r}"
        elif re.fullmatch(r"ACE\d+", recorded):
            if not re.fullmatch(r"ACE\d+", now):
                yield f"{place}: {now!r}"
        elif self.made.get(recorded, recorded) != now:
            yield f"{place}: {recorded!r} became {now!r}"


def boot_settings(page: bytes) -> Any:
    """Take user and settings out of a public page's boot data."""
    decoder = json.JSONDecoder()
    text = page.decode()
    found = {}
    for name in ("user", "settings"):
        start = text.index(f"{name}: {{", text.index("window.grafanaBootData")) + len(name) + 2
        found[name], _ = decoder.raw_decode(text, start)
    return found
