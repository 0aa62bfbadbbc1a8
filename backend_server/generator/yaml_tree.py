"""YAML with the place of every value, so that a fault in a long spec can be pointed at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from backend_server.errors import InvalidInput, Problem


@dataclass(slots=True)
class Tree:
    """A parsed file: the value, and (line, column), both from 1, of each path such as `families.bus.metrics[0]`."""

    value: object
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def problem(self, path: str, message: str) -> Problem:
        """Make a problem at a path, with the nearest place that is known."""
        at = path
        while at and at not in self.places:
            cut = max(at.rfind("."), at.rfind("["))
            at = at[:cut] if cut > 0 else ""
        line, column = self.places.get(at, (1, 1))
        return Problem(path, message, line, column)


def read_yaml(text: str | bytes, *, what: str) -> Tree:
    """Parse YAML (plain data only); raises InvalidInput with line and column, also for a key given twice."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        places: dict[str, tuple[int, int]] = {}
        problems: list[Problem] = []
        value = _read(node, "", places, problems, frozenset()) if node is not None else None
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InvalidInput([Problem("", f"is not YAML: {fault.problem}", line, column)], what=what) from fault
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as fault:
        raise InvalidInput([Problem("", f"is not YAML: {fault}", 1, 1)], what=what) from fault
    if problems:
        raise InvalidInput(problems, what=what)
    return Tree(value, places)


_CONSTRUCTOR = yaml.constructor.SafeConstructor()


def _read(
    node: yaml.Node, path: str, places: dict[str, tuple[int, int]], problems: list[Problem], above: frozenset[int]
) -> object:
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    places[path] = place
    if id(node) in above:
        problems.append(Problem(path, "refers to itself", *place))
        return None
    inside = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            below = f"{path}.{key}" if path else key
            if key in found:
                at = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
                problems.append(Problem(below, "is given twice; keep one of them", *at))
            found[key] = _read(value_node, below, places, problems, inside)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_read(item, f"{path}[{i}]", places, problems, inside) for i, item in enumerate(node.value)]
    return _CONSTRUCTOR.construct_object(node)
