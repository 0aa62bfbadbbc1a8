"""YAML with the place of every value, so that a fault in a long spec can be pointed at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from backend_server.documents.positions import nearest_known
from backend_server.errors import InvalidInput, Problem

MAX_BYTES = 4 * 1024 * 1024
MAX_VALUES = 100_000
MAX_DEPTH = 40
MAX_NUMBER = 100


@dataclass(slots=True)
class Tree:
    """A parsed file: the value, and (line, column), both from 1, of each path such as `families.bus.metrics[0]`."""

    value: object
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def problem(self, path: str, message: str) -> Problem:
        """Return a problem at a path, with the nearest position that is known."""
        line, column = self.places.get(nearest_known(path, self.places), (1, 1))
        return Problem(path, message, line, column)


def read_yaml(source: bytes, *, what: str) -> Tree:
    """Parse YAML (plain data only); raises InvalidInput with line and column, also for a key given twice.

    UTF-8 only, as everything that is sent to the service.
    Bounded: 4 MiB, 100,000 values (aliases count as often as they are used), 40 levels, numbers of
    100 characters, keys that are text.
    """
    if len(source) > MAX_BYTES:
        raise InvalidInput([Problem("", f"is {len(source)} bytes; at most {MAX_BYTES}", 1, 1)], what=what)
    try:
        source.decode()
    except UnicodeDecodeError as fault:
        line = source.count(b"\n", 0, fault.start) + 1
        message = "is not YAML: it is not UTF-8 text; save it as UTF-8"
        raise InvalidInput([Problem("", message, line, 1)], what=what) from fault
    try:
        _check_amount(source)
        node = yaml.compose(source, Loader=yaml.CSafeLoader)
    except _TooMuch as fault:
        raise InvalidInput([fault.problem], what=what) from fault
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InvalidInput([Problem("", f"is not YAML: {fault.problem}", line, column)], what=what) from fault
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise InvalidInput([Problem("", f"is not YAML: {_first_line(fault)}", 1, 1)], what=what) from fault
    walk = _NodeWalk()
    try:
        value = walk.read(node, "", frozenset()) if node is not None else None
    except _TooMuch as fault:
        raise InvalidInput([fault.problem], what=what) from fault
    if walk.problems:
        raise InvalidInput(walk.problems, what=what)
    return Tree(value, walk.places)


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class _TooMuch(Exception):
    """A limit was exceeded; the rest is not read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


_VALUES = (yaml.ScalarEvent, yaml.AliasEvent, yaml.CollectionStartEvent)
_MOST_EVENTS = 2 * MAX_VALUES  # a mapping's keys are no values, but have to be read as well


def _check_amount(source: bytes) -> None:
    """Stop reading at the limit: composing what is far beyond it would take as long as there is text."""
    if sum(map(source.count, (b"\n", b",", b":", b"[", b"{", b"-", b"?"))) <= _MOST_EVENTS:
        return  # no value without one of these before it
    seen = 0
    for event in yaml.parse(source, Loader=yaml.CSafeLoader):
        seen += isinstance(event, _VALUES)
        if seen > _MOST_EVENTS:
            mark = event.start_mark
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise _TooMuch(Problem("", f"holds too many values: at most {MAX_VALUES}, aliases counted", *place))


class _NodeWalk:
    """One walk over the composed nodes."""

    def __init__(self) -> None:
        self.places: dict[str, tuple[int, int]] = {}
        self.problems: list[Problem] = []
        self._values = 0
        # It keeps every node that it is given, so it lives no longer than the walk, and no thread shares it.
        self._constructor = yaml.constructor.SafeConstructor()

    def read(self, node: yaml.Node, path: str, above: frozenset[int]) -> object:
        """Return the node's value; records its position, and collects problems instead of stopping at the first."""
        place = (node.start_mark.line + 1, node.start_mark.column + 1)
        self._values += 1
        if self._values > MAX_VALUES:
            raise _TooMuch(Problem(path[:80], f"is one value too many: at most {MAX_VALUES}, aliases counted", *place))
        if len(above) > MAX_DEPTH:
            raise _TooMuch(Problem(path[:80], f"is nested deeper than {MAX_DEPTH} levels", *place))
        self.places[path] = place
        if id(node) in above:
            self.problems.append(Problem(path, "refers to itself", *place))
            return None
        inside = above | {id(node)}
        if isinstance(node, yaml.MappingNode):
            return {key: self.read(value, below, inside) for key, value, below in self._entries(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, f"{path}[{index}]", inside) for index, item in enumerate(node.value)]
        if node.tag in _NUMBERS and len(node.value) > MAX_NUMBER:
            # `1:59:59:…` takes time that grows with the square of its length, and Python writes out no such number
            message = f"cannot be read as a number: it is {len(node.value)} characters long, at most {MAX_NUMBER}"
            self.problems.append(Problem(path, f"{message}; put it in quotes", *place))
            return None
        try:
            return self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError, LookupError, AttributeError, TypeError) as fault:
            # e.g. a date that no calendar has, or an application's own tag; `!!bool foo` is a KeyError, `!!int ''` an
            # IndexError, `!!timestamp x` an AttributeError
            reason = _reason(fault)
            self.problems.append(
                Problem(path, f"cannot be read as {node.tag[:60]!r}: {reason}; put it in quotes", *place)
            )
            return None

    def _entries(self, node: yaml.MappingNode, path: str) -> list[tuple[str, yaml.Node, str]]:
        found: dict[str, tuple[str, yaml.Node, str]] = {}
        for key_node, value_node in node.value:
            at = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                self.problems.append(Problem(path, _no_key(key_node), *at))
                continue
            key = str(key_node.value)
            below = f"{path}.{key[:80]}" if path else key[:80]
            if key in found:
                self.problems.append(Problem(below, "is given twice; keep one of them", *at))
            found[key] = (key, value_node, below)
        return list(found.values())


def _no_key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "has a list or mapping as a key; a key must be text"
    if node.tag == "tag:yaml.org,2002:merge":
        return "merges another mapping with '<<', which is not read; write the fields out"
    return f"has the key {node.value[:60]!r}, which is not text; put it in quotes"


def _reason(fault: Exception) -> str:
    if isinstance(fault, yaml.MarkedYAMLError):
        return str(fault.problem)
    # What is raised unmeant says nothing of the value.
    return _first_line(fault) if isinstance(fault, ValueError | OverflowError) else "it is none"


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0][:200]
