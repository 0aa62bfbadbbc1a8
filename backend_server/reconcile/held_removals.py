"""Removals that the deletion breaker holds back: how they stand in the record, and a person's word to let them go."""

from __future__ import annotations

import json
from collections.abc import Sequence

from .model import DocumentRow, RowUpdate
from .pass_.plan import DeletionBreaker, Plan
from .pass_.show import held_words
from .ports import DocumentRecord, KeyValues

HELD = "removals_held"
CONFIRMED = "removals_confirmed"
_HELD_FOR_MS = 600_000


class HeldRemovals:
    """What is held back now, and since when."""

    def __init__(self, documents: DocumentRecord, values: KeyValues) -> None:
        self._documents = documents
        self._values = values

    def state(self) -> dict[str, object] | None:
        """Return `{"count", "total", "since"}` (epoch ms) while removals are held back, else None."""
        stored = self._values.get(HELD)
        state = json.loads(stored) if stored else None
        return state if isinstance(state, dict) else None

    def confirm(self, by: str) -> int:
        """Confirm the removals held back now, by a person's word; later ones are not covered. Returns how many."""
        state = self.state()
        if state is None:
            return 0
        self._values.set(CONFIRMED, json.dumps({"at": self._documents.now_ms(), "by": by}))
        self._documents.wake_leaving()
        count = state.get("count")
        return count if isinstance(count, int) else 0

    def breaker(self, share: float, floor: int) -> DeletionBreaker:
        """Return the breaker as it is set, with what was confirmed."""
        confirmed = self._values.get(CONFIRMED)
        return DeletionBreaker(
            share=share,
            floor=floor,
            total=self._documents.present_count(),
            confirmed_at=json.loads(confirmed)["at"] if confirmed else None,
        )

    def follow(self, plan: Plan, rows: Sequence[DocumentRow], now_ms: int) -> None:
        """Store what a plan holds back, with the reason in each row; nothing is stored when nothing changed."""
        before = self.state()
        if not plan.held:
            if before is not None:
                self._values.set(HELD, None)
                self._documents.wake_leaving()
            return
        total = plan.breaker.total if plan.breaker else 0
        words = held_words(len(plan.held), total)
        held = {step.uid for step in plan.held}
        if before is None or before.get("count") != len(held):
            since = before.get("since") if before else now_ms
            self._values.set(HELD, json.dumps({"count": len(held), "total": total, "since": since}))
        updates = [
            RowUpdate(row.uid, row.change, {}, {"reason": words, "retry_at": now_ms + _HELD_FOR_MS})
            for row in rows
            if row.uid in held and (row.retry_at <= now_ms or row.reason != words)
        ]
        self._documents.update(updates)
