"""What a pass or an audit did, as counts and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PassReport:
    """The outcome of one pass; uids by what became of them, `failed` with the reason of each.

    `left` counts the documents that still need work, `grafana` says why Grafana could not be asked (None = it could).
    """

    written: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()
    published: frozenset[str] = frozenset()
    unpublished: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()
    failed: Mapping[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    purged: int = 0
    reloads: int = 0
    left: int = 0
    grafana: str | None = None

    @property
    def changed_something(self) -> bool:
        """Whether anything was written, called or stored."""
        return bool(
            self.written
            or self.loaded
            or self.published
            or self.unpublished
            or self.removed
            or self.gone
            or self.finished
            or self.failed
            or self.purged
            or self.reloads
        )

    def after(self, earlier: PassReport) -> PassReport:
        """Return both passes as one: what either did, and how it stands now."""
        return PassReport(
            written=earlier.written | self.written,
            loaded=earlier.loaded | self.loaded,
            published=earlier.published | self.published,
            unpublished=earlier.unpublished | self.unpublished,
            removed=earlier.removed | self.removed,
            gone=earlier.gone | self.gone,
            finished=earlier.finished | self.finished,
            failed={uid: why for uid, why in {**earlier.failed, **self.failed}.items() if uid not in self.finished},
            held=self.held,
            purged=earlier.purged + self.purged,
            reloads=earlier.reloads + self.reloads,
            left=self.left,
            grafana=self.grafana,
        )


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What an audit found: uids whose file or public dashboard was not as recorded, and files that are not ours."""

    files_lost: frozenset[str] = frozenset()
    public_lost: frozenset[str] = frozenset()
    public_differs: frozenset[str] = frozenset()
    leftovers: frozenset[str] = frozenset()
    strays: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    grafana: str | None = None
