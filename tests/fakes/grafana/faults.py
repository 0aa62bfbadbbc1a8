"""What a test can make go wrong, per request: slowness, made-up answers, dripping, lost answers."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.fakes.grafana.answers import JSON, Answer
from tests.fakes.grafana.request import Request


@dataclass
class _Fault:
    match: re.Pattern[str]
    seconds: float = 0.0
    answer: Answer | None = None
    act: Callable[[Request], object] | None = None
    drop: str = ""  # "before" = nothing happens, "after" = it happens but the answer is lost
    drip_seconds: float = 0.0
    left: int = -1  # how often still; -1 = until `heal`


@dataclass
class Plan:
    """What will happen to one request."""

    seconds: float = 0.0
    answer: Answer | None = None
    acts: list[Callable[[Request], object]] = field(default_factory=list)
    drop: str = ""
    drip_seconds: float = 0.0


class Faults:
    """The faults in force. `match` is a regular expression over `"METHOD /path"`, empty = every request."""

    def __init__(self) -> None:
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()

    def slow(self, seconds: float, match: str = "", *, times: int = -1) -> None:
        """Wait before acting on a request."""
        self._add(_Fault(re.compile(match), seconds=seconds, left=times))

    def drip(self, match: str = "", *, seconds_per_byte: float = 0.05) -> None:
        """Send the bodies of answers byte by byte, each within any read timeout."""
        self._add(_Fault(re.compile(match), drip_seconds=seconds_per_byte))

    def answer_once(
        self, match: str, status: int, body: object = b"", headers: Mapping[str, str] | None = None, *, times: int = 1
    ) -> None:
        """Answer the next such request with this, acting on nothing; a dict or list becomes JSON."""
        content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body)
        encoded = content.encode() if isinstance(content, str) else content
        self._add(
            _Fault(
                re.compile(match), answer=Answer(status, encoded, {"Content-Type": JSON, **(headers or {})}), left=times
            )
        )

    def drop_once(self, match: str = "") -> None:
        """Cut the connection before acting on the next such request."""
        self._add(_Fault(re.compile(match), drop="before", left=1))

    def lose_answer_once(self, match: str = "") -> None:
        """Act on the next such request, then cut the connection without an answer."""
        self._add(_Fault(re.compile(match), drop="after", left=1))

    def before_once(self, match: str, act: Callable[[Request], object]) -> None:
        """Run something just before the next such request is acted on, e.g. a rival who is faster."""
        self._add(_Fault(re.compile(match), act=act, left=1))

    def heal(self) -> None:
        """End all faults."""
        with self._lock:
            self._faults.clear()

    def plan_for(self, request: Request) -> Plan:
        """Take what applies to a request; the first made-up answer and the first cut win."""
        plan = Plan()
        text = f"{request.method} {request.path}"
        with self._lock:
            for fault in list(self._faults):
                if not fault.match.search(text) or (fault.answer and plan.answer) or (fault.drop and plan.drop):
                    continue
                plan.seconds += fault.seconds
                plan.drip_seconds = fault.drip_seconds or plan.drip_seconds
                plan.answer = fault.answer or plan.answer
                plan.drop = fault.drop or plan.drop
                if fault.act is not None:
                    plan.acts.append(fault.act)
                if fault.left > 0:
                    fault.left -= 1
                    if fault.left == 0:
                        self._faults.remove(fault)
        return plan

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._faults.append(fault)
