"""The plan of a pass: wanted and existing go in, the steps that lead from one to the other come out. Pure, printable.

Steps come in the order they are taken. One reload serves all files written and removed in the same pass; what needs
Grafana to have let go of a file comes after it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a step does; the order here is the order of a pass."""

    WRITE = "write"
    UNPUBLISH = "unpublish"
    REMOVE_FILE = "remove file"
    RELOAD = "reload"
    PROVE = "prove"
    PUBLISH = "publish"
    UPDATE_PUBLIC = "update public"
    DELETE_DASHBOARD = "delete dashboard"
    PROVE_GONE = "prove gone"
    PURGE = "purge"


class Public(StrEnum):
    """What we know of a document's public dashboard in Grafana."""

    NO_RECORD = "no record"
    WANTED = "wanted"  # not proven; it may exist when a process was killed in between
    LIVE = "live"
    DIFFERS = "differs"  # it is there with our ids, but switched off or with other switches
    UNWANTED = "unwanted"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class WantedDocument:
    """A document as it should be: `content` is the hash of its bytes, `shared` whether it is to be public."""

    uid: str
    title: str
    file: str
    content: str
    shared: bool = True


@dataclass(frozen=True, slots=True)
class Existing:
    """A document as our record and the audit know it.

    `written` and `loaded` are content hashes on disk and in Grafana. `leaving_since` (epoch ms) is set when somebody
    asked for its removal: what is merely not wanted is never removed, so an empty device list removes nothing.
    """

    uid: str
    title: str
    file: str
    written: str | None = None
    loaded: str | None = None
    public: Public = Public.NO_RECORD
    leaving_since: int | None = None

    @property
    def removal_begun(self) -> bool:
        """Whether its removal is under way already, so that holding it up would help nobody."""
        return self.written is None


@dataclass(frozen=True, slots=True)
class DeletionBreaker:
    """The deletion breaker: `share` of `total` documents one pass may remove, `floor` removals always allowed.

    `confirmed_at` (epoch ms): a person agreed to all removals asked for until then.
    """

    share: float
    floor: int
    total: int
    confirmed_at: int | None = None

    def holds(self, removals: Collection[Existing]) -> bool:
        """Whether these removals are too many for one pass without a person's word."""
        open_ones = [removal for removal in removals if not removal.removal_begun and not self._confirmed(removal)]
        return len(open_ones) > self.floor and len(open_ones) > self.share * self.total

    def lets_through(self, removal: Existing) -> bool:
        """Whether this removal goes on even while the breaker holds the others."""
        return removal.removal_begun or self._confirmed(removal)

    def _confirmed(self, removal: Existing) -> bool:
        return (
            self.confirmed_at is not None
            and removal.leaving_since is not None
            and removal.leaving_since <= self.confirmed_at
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `uid` is empty for the reload, and names a device in a purge."""

    action: Action
    uid: str = ""
    title: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a pass, the removals the breaker holds back, and how many documents need nothing."""

    steps: tuple[Step, ...] = ()
    held: tuple[Step, ...] = ()
    unchanged: int = 0
    breaker: DeletionBreaker | None = None

    def uids(self, action: Action) -> tuple[str, ...]:
        """Return the uids of all steps of one action, in order."""
        return tuple(step.uid for step in self.steps if step.action is action)

    @property
    def reloads(self) -> bool:
        """Whether Grafana must read its files again."""
        return any(step.action is Action.RELOAD for step in self.steps)


def make_plan(
    wanted: Mapping[str, WantedDocument],
    existing: Mapping[str, Existing],
    *,
    with_grafana: bool,
    breaker: DeletionBreaker,
    purge: Iterable[str] = (),
    resting: Collection[str] = (),
) -> Plan:
    """Compare what we want with what is there; touch nothing.

    Args:
        wanted: by uid; one that could not be made (quarantined) is left out and then keeps what it has.
        existing: by uid.
        with_grafana: without Grafana a document is finished once its file is written.
        breaker: how many removals this pass may make.
        purge: ids of devices whose record has been kept long enough.
        resting: uids of removals whose retry time has not come; they count for the breaker and are not tried.
    """
    steps: list[Step] = []
    unchanged = 0
    for uid, document in wanted.items():
        found = existing.get(uid)
        if found is not None and found.leaving_since is not None:
            continue
        needed = list(_steps_towards(document, found or Existing(uid, document.title, document.file), with_grafana))
        steps += needed
        unchanged += not needed
    removals = [document for document in existing.values() if document.leaving_since is not None]
    holds = breaker.holds(removals)
    held: list[Step] = []
    for removal in removals:
        if holds and not breaker.lets_through(removal):
            held.append(Step(Action.REMOVE_FILE, removal.uid, removal.title, removal.file))
        elif removal.uid not in resting:
            steps += _steps_away(removal, with_grafana)
    if with_grafana and any(step.action in _NEEDS_RELOAD for step in steps):
        steps.append(Step(Action.RELOAD))
    steps += [Step(Action.PURGE, device_id) for device_id in purge]
    order = {action: place for place, action in enumerate(Action)}
    return Plan(tuple(sorted(steps, key=lambda step: order[step.action])), tuple(held), unchanged, breaker)


_NEEDS_RELOAD = frozenset({Action.WRITE, Action.PROVE, Action.REMOVE_FILE, Action.DELETE_DASHBOARD})


def _steps_towards(wanted: WantedDocument, existing: Existing, with_grafana: bool) -> Iterator[Step]:
    def step(action: Action) -> Step:
        return Step(action, wanted.uid, wanted.title, wanted.file)

    if existing.written != wanted.content:
        yield step(Action.WRITE)
    if not with_grafana:
        return
    if existing.loaded != wanted.content or existing.written != wanted.content:
        yield step(Action.PROVE)
    if not wanted.shared:
        if existing.public not in (Public.NO_RECORD, Public.GONE):
            yield step(Action.UNPUBLISH)
    elif existing.public is Public.DIFFERS:
        yield step(Action.UPDATE_PUBLIC)
    elif existing.public is not Public.LIVE:
        yield step(Action.PUBLISH)


def _steps_away(existing: Existing, with_grafana: bool) -> Iterator[Step]:
    def step(action: Action) -> Step:
        return Step(action, existing.uid, existing.title, existing.file)

    if with_grafana and existing.public not in (Public.NO_RECORD, Public.GONE):
        yield step(Action.UNPUBLISH)
    yield step(Action.REMOVE_FILE)
    if with_grafana:
        yield step(Action.DELETE_DASHBOARD)
        yield step(Action.PROVE_GONE)
