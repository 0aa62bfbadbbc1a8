"""Whether the state would survive what comes next: said at the start, in health, and to people on the fleet page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorageAdvice:
    """What the state lies on. `derived_tokens`: default links come back without a database."""

    in_a_file: bool
    derived_tokens: bool
    disk_vanishes: Callable[[], bool]

    def may_vanish(self) -> bool:
        """Whether the state lies on a disk that does not outlive a deploy, with nothing that would bring links back."""
        return self.in_a_file and not self.derived_tokens and self.disk_vanishes()
