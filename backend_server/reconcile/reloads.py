"""Grafana reads its files once for many who ask: one reload in flight, one waiting, never two at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Reloader:
    """Shares reloads among threads.

    Whoever asks while one is in flight shares the next: the one in flight may have passed the asker's file already.
    """

    def __init__(self, reload: Callable[[], None]) -> None:
        self._reload = reload
        self._turn = threading.Condition()
        self._in_flight = False
        self._begun = 0
        self._ended = 0
        self._outcome: Exception | None = None

    @property
    def count(self) -> int:
        """How many reloads were asked of Grafana so far."""
        return self._begun

    def reload(self) -> None:
        """Return when a reload that began after this call has ended; raises what that reload raised."""
        with self._turn:
            mine = self._begun + 1
            while self._in_flight and self._ended < mine:
                self._turn.wait()
            if self._ended >= mine:
                if self._outcome is not None:
                    raise self._outcome
                return
            self._in_flight = True
            self._begun = mine
        outcome: Exception | None = None
        try:
            self._reload()
        except Exception as fault:
            outcome = fault
            raise
        finally:
            with self._turn:
                self._in_flight = False
                self._ended, self._outcome = mine, outcome
                self._turn.notify_all()
