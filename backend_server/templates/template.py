"""A template: read and checked once, then filled for any number of devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, NoReturn

import orjson

from backend_server.devices.device import MAX_TITLE, Device
from backend_server.documents.document import STAMP_KEY, Document
from backend_server.documents.positions import places_of
from backend_server.documents.preflight import MAX_TAG, preflight
from backend_server.documents.reading import read_dashboard
from backend_server.documents.refresh import own_refresh
from backend_server.documents.sharing import ShareProblem, share_problems
from backend_server.errors import MOST_PROBLEMS, InvalidInput, Problem
from backend_server.primitives.canonical_json import canonical_bytes, content_hash
from backend_server.primitives.ids import Maker, dashboard_uid

from .compiler import Cell, Compiler, Skeleton, TextMaker, Use, has_mark, mark, skeleton
from .context import FleetSummary
from .expressions import BadValue, FillError, MissingField, Subject
from .header import DEFAULT_TITLE, HEADER_KEY, AppliesTo, Header, TemplateScope, read_header
from .placeholders import has_placeholder

# Part of every template's hash: raised when the same template and device begin to give other bytes.
RENDERING_VERSION = 1

FLEET_OBJECT = ""
"""The object id of fleet documents: there is one fleet."""

_DROPPED = frozenset(
    {HEADER_KEY, "id", "uid", "title", "version", "tags", "__inputs", "__requires", "__elements", STAMP_KEY}
)
_TITLE, _UID, _TAGS, _OBJECT, _CONTENT, _FIRST_CELL = range(6)


@dataclass(frozen=True, slots=True)
class Template:
    """A loaded template; equal hashes fill equally. `share` is "true", "false", a link profile's name or None.

    `refresh` is how often its documents want to be asked again: a duration or "off". `unshareable` names what visitors
    will not see of them; nothing, when the template itself says that they are not shared.

    `fill` raises FillError naming template, panel and field when the device lacks what the template needs.
    """

    name: str
    slot: str
    scope: TemplateScope
    applies_to: AppliesTo
    share: str | None
    refresh: str
    hash: str
    reads: frozenset[str]
    unshareable: tuple[ShareProblem, ...]
    _head: Skeleton = field(repr=False, compare=False)
    _tail: Skeleton = field(repr=False, compare=False)
    _cells: tuple[Cell, ...] = field(repr=False, compare=False)
    _uses: tuple[Use, ...] = field(repr=False, compare=False)
    _text_uses: tuple[Use, ...] = field(repr=False, compare=False)
    _title: TextMaker = field(repr=False, compare=False)
    _tags: tuple[TextMaker, ...] = field(repr=False, compare=False)

    def fill(self, device: Device) -> Document:
        """Return the device's document: same template, same device, same bytes."""
        if self.scope is not TemplateScope.DEVICE:
            raise ValueError(f"{self.name} is a fleet template; use fill_fleet")
        return self._fill(device, Maker.DEVICE, device.id, device.kind)

    def fill_fleet(self, summary: FleetSummary) -> Document:
        """Return the fleet's document."""
        if self.scope is not TemplateScope.FLEET:
            raise ValueError(f"{self.name} is a device template; use fill")
        return self._fill(summary, Maker.FLEET, FLEET_OBJECT, None)

    def _fill(self, subject: Subject, maker: Maker, object_id: str, kind: str | None) -> Document:
        uid = dashboard_uid(maker, self.slot, object_id)
        try:
            title = self._title(subject)
            # A longer kind is one all the same; Grafana merely takes no such tag.
            kinds = [kind] if kind and len(kind) <= MAX_TAG else []
            tags = list(dict.fromkeys([*(make(subject) for make in self._tags), *kinds]))
            values = [orjson.dumps(title), orjson.dumps(uid), orjson.dumps(tags), orjson.dumps(object_id), b""]
            values += [cell(subject) for cell in self._cells]
        except (MissingField, BadValue):
            self._explain(subject)
        except Exception as fault:
            problem = Problem("", f"could not be filled, by a fault of this service ({type(fault).__name__})")
            raise self._error([problem]) from fault
        if any(len(tag) > MAX_TAG for tag in tags):
            long = next(tag for tag in tags if len(tag) > MAX_TAG)
            raise self._error([Problem("tags", f"tag {long!r} is longer than {MAX_TAG} characters, Grafana's limit")])
        head, tail = self._head.filled(values), self._tail.filled(values)
        digest = sha256(head)
        digest.update(tail)
        content = digest.hexdigest()[:32]
        return Document(uid, title, b"".join((head, content.encode(), tail)), content, maker, self.slot, object_id)

    def _explain(self, subject: Subject) -> NoReturn:
        """Return everything this subject lacks, each at the first place that needs it."""
        problems: list[Problem] = []
        makers: list[tuple[Any, Use]] = list(zip(self._cells, self._uses, strict=True))
        makers += [(self._title if use.path.endswith("title") else self._all_tags, use) for use in self._text_uses]
        for make, use in makers:
            try:
                make(subject)
            except MissingField:
                problems.append(Problem(use.path, f"{use.where} needs {_lacking(use, subject)}"))
            except BadValue as fault:
                problems.append(Problem(use.path, f"{use.where}: {use.placeholder} {fault}"))
        raise self._error(list(dict.fromkeys(problems)))

    def _all_tags(self, subject: Subject) -> None:
        for make in self._tags:
            make(subject)

    def _error(self, problems: list[Problem]) -> FillError:
        return FillError(problems, what=self.name)


def load_template(name: str, source: bytes) -> Template:
    """Read, check and compile a template; raises InvalidInput with all problems: panel, field, line, column.

    `name` is what messages call the file, e.g. `miner.json`. Total: a file that fails in a way nobody foresaw is
    refused like any other, so that it ends neither the worker nor a request.
    """
    try:
        return _load(name, source)
    except InvalidInput:
        raise
    except Exception as fault:
        problem = Problem("", f"could not be read, by a fault of this service ({type(fault).__name__})", 1, 1)
        raise InvalidInput([problem], what=name) from fault


def _load(name: str, source: bytes) -> Template:
    found = read_dashboard(source, what=name)
    header, problems = read_header(found.get(HEADER_KEY))
    compiler = Compiler("device" if header.scope is TemplateScope.DEVICE else "fleet", first_number=_FIRST_CELL)
    problems += _imports(found)
    title = _title_maker(found, header, compiler)
    tags = _tag_makers(found, compiler)
    base = {key: value for key, value in found.items() if key not in _DROPPED}
    prepared = {**compiler.prepare(base), **_with_defaults(base)}
    if has_mark(canonical_bytes(base)):
        problems.append(Problem("", "holds U+FDD0, a code point that is not a character; remove it"))
    problems += compiler.problems
    reported = {problem.path for problem in problems}
    sample = _sample(prepared)
    problems += [problem for problem in preflight(sample) if problem.path not in reported]
    if problems:
        raise InvalidInput(_placed(problems, source), what=name)
    head, tail = _cut(prepared, header)
    return Template(
        name=name,
        slot=header.slot,
        scope=header.scope,
        applies_to=header.applies_to,
        share=header.share,
        refresh=own_refresh(found),
        hash=content_hash(b"%d\0" % RENDERING_VERSION + canonical_bytes(found)),
        reads=frozenset().union(*(use.reads for use in (*compiler.uses, *compiler.uses_of_texts))),
        unshareable=() if header.share == "false" else tuple(share_problems(sample)),
        _head=head,
        _tail=tail,
        _cells=tuple(compiler.cells),
        _uses=tuple(compiler.uses),
        _text_uses=tuple(compiler.uses_of_texts),
        _title=title,
        _tags=tags,
    )


def _with_defaults(base: Mapping[str, object]) -> dict[str, object]:
    """Return what a document needs and a template left out; without `timepicker` a public page ignores the picker."""
    defaults: dict[str, object] = {
        "timepicker": {},
        "templating": {"list": []},
        "annotations": {"list": []},
        "schemaVersion": 41,
    }
    return {key: value for key, value in defaults.items() if base.get(key) is None}


def _cut(prepared: dict[str, Any], header: Header) -> tuple[Skeleton, Skeleton]:
    maker = Maker.DEVICE if header.scope is TemplateScope.DEVICE else Maker.FLEET
    stamped = {
        **prepared,
        "title": mark(_TITLE, whole=True),
        "uid": mark(_UID, whole=True),
        "tags": mark(_TAGS, whole=True),
        STAMP_KEY: {
            "content": mark(_CONTENT, whole=False),
            "maker": maker.value,
            "object": mark(_OBJECT, whole=True),
            "slot": header.slot,
        },
    }
    whole = skeleton(canonical_bytes(stamped))
    gap = whole.order.index(_CONTENT)
    head = Skeleton.of(whole.pieces[: 2 * gap + 1], whole.order[:gap])
    return head, Skeleton.of(whole.pieces[2 * gap + 2 :], whole.order[gap + 1 :])


def _title_maker(found: Mapping[str, Any], header: Header, compiler: Compiler) -> TextMaker:
    if header.scope is TemplateScope.FLEET:
        text = header.title or (found["title"] if isinstance(found.get("title"), str) else "") or "Fleet"
        return compiler.text(text, f"{HEADER_KEY}.title" if header.title else "title")
    text = header.title or DEFAULT_TITLE
    path = f"{HEADER_KEY}.title"
    made = compiler.text(text, path)
    read = {name for use in compiler.uses_of_texts for name in use.reads}
    if not compiler.problems and not read & {"device.title", "device.id"}:
        compiler.problems.append(
            Problem(
                path,
                "must hold << device.title >> or << device.id >>: of two equal titles Grafana saves neither any more",
            )
        )
    # Each slot's document needs a title of its own, too.
    tail = "" if header.slot == "main" or header.slot in text.lower() else f" – {header.slot}"
    return made if text == DEFAULT_TITLE and not tail else _bounded(made, tail)


def _bounded(made: TextMaker, tail: str) -> TextMaker:
    def title_of(device: Device) -> str:
        title = made(device) + tail
        if len(title) <= MAX_TITLE:
            return title
        end = f" ({device.id}){tail}"
        return title[: MAX_TITLE - len(end)] + end

    return title_of


def _tag_makers(found: Mapping[str, Any], compiler: Compiler) -> tuple[TextMaker, ...]:
    tags = found.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        compiler.problems.append(Problem("tags", "must be a list of texts"))
        return ()
    compiler.problems.extend(
        Problem(f"tags[{index}]", f"is longer than {MAX_TAG} characters, Grafana's limit")
        for index, tag in enumerate(tags)
        if len(tag) > MAX_TAG and not has_placeholder(tag)
    )
    return tuple(compiler.text(tag, f"tags[{index}]") for index, tag in enumerate(tags))


def _imports(found: Mapping[str, Any]) -> list[Problem]:
    if found.get("__inputs"):
        return [
            Problem("__inputs", "belongs to a dashboard exported for sharing; run `dashwright template import` on it")
        ]
    return []


def _sample(prepared: dict[str, Any]) -> dict[str, Any]:
    sample: dict[str, Any] = orjson.loads(canonical_bytes(prepared))
    return {**sample, "uid": "sample", "title": "sample", "tags": []}


def _placed(problems: list[Problem], source: bytes) -> list[Problem]:
    """Add line and column; a path that is missing in the file takes its nearest holder's place."""
    told = problems[:MOST_PROBLEMS]
    places = places_of((problem.path for problem in told), source.decode())
    placed = [
        replace(problem, line=place.line, column=place.column) for problem, place in zip(told, places, strict=True)
    ]
    return placed + problems[MOST_PROBLEMS:]


def _lacking(use: Use, subject: Subject) -> str:
    """Return e.g. `<< device.labels.site >>, but device 'edge-7' has only: host, region.`"""
    if isinstance(subject, FleetSummary):
        return f"{use.placeholder}, but the fleet has only these kinds: {', '.join(subject.kinds) or 'none'}"
    lacking = sorted(
        read
        for read in use.reads
        if (read == "device.address" and subject.address is None)
        or (read.startswith("device.labels.") and read.removeprefix("device.labels.") not in subject.labels)
    )
    field_name = lacking[0] if lacking else ""
    needed = f"<< {field_name} >>" if field_name else use.placeholder
    if field_name == "device.address":
        return f"{needed}, but device {subject.id!r} has no address"
    if subject.labels:
        return f"{needed}, but device {subject.id!r} has only: {', '.join(sorted(subject.labels))}"
    return f"{needed}, but device {subject.id!r} has no labels"
