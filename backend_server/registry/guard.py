"""The guard of what is remembered of devices and links."""

from __future__ import annotations

from backend_server.primitives.memory import Changes, Guard

from .model import StoreState
from .ports import Records

# More than this at once is forgotten as a whole: asking one by one would cost more than it saves.
_MOST_FORGOTTEN = 20_000


def registry_guard(records: Records) -> Guard[StoreState]:
    """Return a guard over the registry's change number."""

    def read_changes(before: StoreState | None, number: int) -> Changes[StoreState]:
        with records.reading() as tx:
            state, changed = tx.state(), None
            if before is not None and _goes_on_from(before, number, state):
                changed = tx.changed_since(number, _MOST_FORGOTTEN)
            return Changes(state, state.change, changed)

    return Guard(read_changes, records.change_number)


def _goes_on_from(before: StoreState, number: int, state: StoreState) -> bool:
    """Whether rows alone tell what changed: the same database, nothing purged, all links on or off as before."""
    return (
        state.epoch == before.epoch
        and state.change >= number
        and state.forget_change <= number
        and state.links_on == before.links_on
    )
