"""Publishing what is not public yet, a few documents at a time: each link works as soon as Grafana has its dashboard.

A dashboard is made public without being read first, and proven by what a visitor of it gets. That takes two cheap calls
for each, and tells as well whether Grafana has read the file yet, so that it can be done while Grafana still reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend_server.links.publication import PublicationState
from backend_server.primitives.ids import PROVIDERS, provider_of

from ..model import Outcome
from ..ports import Grafana
from .calls import answered, change_each
from .closing import at_rest
from .plan import Action
from .run import PassRun

_FIRST, _MOST = 2, 16  # how many are offered at once: more after each time that all were there
_MANY = 16
_ASKED_WITHIN_MS = 120_000
_PLACES = {provider: place for place, provider in enumerate(PROVIDERS)}


class Offering:
    """The documents of a pass that are to become public, in the order in which Grafana reads their files.

    It reads its providers one after the other, and each in order of file names.
    """

    def __init__(self, run: PassRun, grafana: Grafana) -> None:
        self._run = run
        self._grafana = grafana
        self._shown: dict[str, str | None] = {}

    def known(self) -> None:
        """Offer those whose files Grafana may have read long ago: all of them, where it lost its database.

        What visitors ask for comes first. Once several in a row are not there the others are not asked for.
        """
        written = self._run.outcomes[Outcome.WRITTEN]
        waiting = [uid for uid in self._left() if uid not in written]
        while part := self._next(waiting, _FIRST if not self._shown else _MOST):
            if self._offer(part) == 0:
                return

    def while_reading(self) -> None:
        """Offer as far as Grafana has come, asking for few that it has not read; a few documents wait for its end."""
        waiting, size = self._left(), _FIRST
        if len(waiting) < _MANY:
            return
        while self._run.context.breaker.allows_calls and (part := waiting[:size]):
            del waiting[:size]
            if self._offer(part) < len(part):
                return
            size = min(_MOST, 2 * size)

    def rest(self) -> dict[str, str | None]:
        """Offer all that are left; return those that Grafana does not show as wanted, with what it has instead."""
        waiting = self._left()
        while part := self._next(waiting, _MOST):
            self._offer(part)
        if waiting:
            self._run.wait_for_grafana()
        return {uid: self._shown[uid] for uid in self._left() if uid in self._shown}

    def _left(self) -> list[str]:
        published = self._run.outcomes[Outcome.PUBLISHED]
        return sorted((uid for uid in self._run.next(Action.PUBLISH) if uid not in published), key=self._place)

    def _place(self, uid: str) -> tuple[int, str]:
        file = self._run.rows[uid].file
        return _PLACES.get(provider_of(file), len(_PLACES)), file

    def _next(self, waiting: list[str], size: int) -> list[str]:
        """Return the next few of what waits, those that visitors ask for before all others."""
        if not waiting or not self._run.context.breaker.allows_calls:
            return []
        asked = self._run.context.publications.asked_since(self._run.now_ms - _ASKED_WITHIN_MS)
        part = [uid for uid in dict.fromkeys([*asked, *waiting]) if uid in waiting][:size]
        waiting[:] = [uid for uid in waiting if uid not in part]
        return part

    def _offer(self, uids: Sequence[str]) -> int:
        """Offer these, store what came of it, and return how many of them Grafana has."""
        run = self._run
        answers = change_each(run.context, "publish", [uid for uid in uids if uid in run.taking_part], self._offer_one)
        updates = run.faults(answers)
        for uid, shown in answered(answers).items():
            self._shown[uid] = shown
            if shown != run.wanted(uid).content:
                continue
            for outcome in (Outcome.LOADED, Outcome.PUBLISHED):
                run.outcomes[outcome].add(uid)
            live = PublicationState.LIVE
            updates.append(replace(at_rest(run, uid), facts={"loaded_hash": shown}, public=live))
        run.store("published", updates)
        return sum(shown is not None for shown in answered(answers).values())

    def _offer_one(self, uid: str) -> str | None:
        row = self._run.rows[uid]
        return self._grafana.offer(uid, row.public_uid or "", row.access_token or "")
