"""Calls to Grafana for many documents, a few at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from backend_server.errors import DashwrightError

from ..circuit_breaker import Stopping, is_away
from .run import PassContext

_T = TypeVar("_T")

PROVE_AT_ONCE = 4
CHANGE_AT_ONCE = 2  # more only queue in Grafana


def change_each(context: PassContext, what: str, uids: Collection[str], call: Callable[[str], _T]) -> _Answers[_T]:
    """Call what changes something in Grafana for each uid, with a checkpoint before and after each call."""

    def checked(uid: str) -> _T:
        context.checkpoint(f"before {what}")
        answer = call(uid)
        context.checkpoint(f"after {what}")
        return answer

    return _each(context, uids, checked, CHANGE_AT_ONCE)


def ask_each(context: PassContext, uids: Collection[str], call: Callable[[str], _T]) -> _Answers[_T]:
    """Call what changes nothing in Grafana for each uid."""
    return _each(context, uids, call, PROVE_AT_ONCE)


def answered(answers: _Answers[_T]) -> dict[str, _T]:
    """Return the answers of those that did not fail."""
    return {uid: answer for uid, answer in answers.items() if not isinstance(answer, DashwrightError)}


def _each(context: PassContext, uids: Collection[str], call: Callable[[str], _T], at_once: int) -> _Answers[_T]:
    """Return answers and errors by uid; nothing more is asked once Grafana is away or the process ends."""
    away: list[DashwrightError] = []
    lock = threading.Lock()

    def ask(uid: str) -> _T | DashwrightError:
        with lock:
            if away:
                return away[0]
        if context.should_stop():
            return Stopping("The process is ending.")
        try:
            return call(uid)
        except DashwrightError as fault:
            if is_away(fault):
                with lock:
                    away.append(fault)
            return fault

    ordered = list(uids)
    if len(ordered) <= 1:
        answers = {uid: ask(uid) for uid in ordered}
    else:
        with ThreadPoolExecutor(min(at_once, len(ordered)), thread_name_prefix="reconcile") as pool:
            answers = dict(zip(ordered, pool.map(ask, ordered), strict=True))
    if answers and not away and not context.should_stop():
        context.breaker.reset()
    return answers


_Answers = Mapping[str, _T | DashwrightError]
