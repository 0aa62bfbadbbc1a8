"""Compiling the expression of a placeholder once: chains of fields and filters to Python closures, the rest to Jinja2.

Both ways yield equal results; a property test compares them. Jinja2 runs sandboxed, with our filters and no globals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from backend_server.devices.device import Device
from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.suggestions import did_you_mean

from .context import DEVICE_FIELDS, FLEET_FIELDS, MOST_TEXT, Fields, FleetSummary, fields_of, plain
from .filters import ESCAPING, FILTERS, FilterFault

_Node = TypeVar("_Node", bound=nodes.Node)
Subject = Device | FleetSummary
Evaluate = Callable[[Any], object]

MOST_SOURCE = 2000
"""The longest expression, in characters."""
MOST_NESTED = 40
"""How deep an expression may nest brackets."""

_TEXT_METHODS = (
    "capitalize endswith lstrip partition removeprefix removesuffix replace rsplit rstrip split startswith strip"
)
_FIELDS = {"device": DEVICE_FIELDS, "fleet": FLEET_FIELDS}
_MAPPINGS = {("device", "labels"), ("fleet", "kinds")}


# What evaluating an expression raises for values it does not fit; NameError: Jinja2 writes 1e999 as `inf`.
_FAILURES = (
    *(TypeError, ValueError, ArithmeticError, LookupError, AttributeError),
    *(NameError, RecursionError, MemoryError),
)


class FillError(InvalidInput):
    """A template cannot be filled for one device; all other devices go on."""

    def __init__(self, problems: list[Problem], *, what: str) -> None:
        super().__init__(problems, what=what)
        self.message = f"{what}: " + "; ".join(problem.message for problem in problems)
        self.args = (self.message,)


class BadExpression(Exception):
    """An expression cannot be used; the message says why and what to write."""


class MissingField(Exception):
    """An expression needs a field the subject does not have."""


class BadValue(Exception):
    """An expression yields a value that cannot be used; the message says which."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; `escape` is its last filter when that one escapes for queries, and `evaluate` omits it."""

    source: str
    escape: str | None
    evaluate: Evaluate
    direct: bool
    reads: frozenset[str]


def compile_expression(source: str, root: str) -> Expression:
    """Compile an expression over `device` or `fleet`; raises BadExpression."""
    node = parse_expression(source)
    reads = _check_names(node, root)
    escape = None
    inner = node
    if isinstance(node, nodes.Filter) and node.name in ESCAPING and node.node is not None:
        escape, inner = node.name, node.node
    direct = _direct(inner)
    try:
        evaluate = direct or by_jinja(inner, root)
    except (SyntaxError, RecursionError, MemoryError, ValueError) as fault:  # Python compiles what Jinja2 wrote
        raise BadExpression("is too large to be compiled; write it shorter") from fault
    return Expression(source, escape, evaluate, direct is not None, reads)


def by_jinja(node: nodes.Expr, root: str) -> Evaluate:
    """Compile a parsed expression with Jinja2's sandbox; the closures of `_direct` must agree with it."""
    body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), node, lineno=1)]
    template = _environment().from_string(nodes.Template(body, lineno=1))
    run = TemplateExpression(template, undefined_to_none=False)

    def evaluate(subject: Subject) -> object:
        try:
            found = run({root: fields_of(subject)})
        except UndefinedError as fault:
            raise MissingField(str(fault)) from fault
        except SecurityError as fault:
            raise BadValue(f"is not allowed: {fault}") from fault
        except FilterFault as fault:
            raise BadValue(str(fault)) from fault
        except _FAILURES as fault:
            raise BadValue(f"fails: {fault}") from fault
        if isinstance(found, Undefined):
            raise MissingField("")
        try:
            return plain(found)
        except ValueError as fault:
            raise BadValue(str(fault)) from fault

    return evaluate


class _Environment(SandboxedEnvironment):
    """The sandbox, in which `labels.items` is a label, and nothing can be called but a few methods of text."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+":
            if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
                _bounded(len(left) + len(right))
            return super().call_binop(context, operator, left, right)
        if operator == "**" or not (isinstance(left, int | float) and isinstance(right, int | float)):
            raise SecurityError(f"{operator!r} with these values")  # one small expression could fill the memory
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, *given: Any, **named: Any) -> Any:
        if getattr(obj, "__name__", "") == "replace" and isinstance(getattr(obj, "__self__", None), str):
            _bounded(_replaced_length(obj.__self__, *given))
        return super().call(context, obj, *given, **named)

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(getattr(obj, "__self__", None), str) and getattr(obj, "__name__", "") in _TEXT_METHODS.split()

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute) if isinstance(obj, Fields) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Fields):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=str(argument))
        return super().getitem(obj, argument)


def _bounded(length: int) -> None:
    """Refuse a value between two steps that is longer than any place could use."""
    if length > MOST_TEXT:
        raise SecurityError(f"a value of {length} characters; at most {MOST_TEXT}")


def _replaced_length(text: str, old: object = "", new: object = "", *_: object) -> int:
    """Return how long a text is at most after `replace`, before it is made."""
    if not isinstance(old, str) or not isinstance(new, str):
        return 0  # the call itself says what is wrong
    return len(text) + text.count(old) * max(0, len(new) - len(old))


@lru_cache(maxsize=1)
def _environment() -> _Environment:
    environment = _Environment(undefined=StrictUndefined, autoescape=False)
    environment.filters = dict(FILTERS)
    environment.globals = {}
    return environment


def parse_expression(source: str) -> nodes.Expr:
    if not source:
        raise BadExpression("is empty; write a field, e.g. << device.hostname >>")
    if len(source) > MOST_SOURCE:
        raise BadExpression(f"has {len(source)} characters; at most {MOST_SOURCE}")
    if _nesting(source) > MOST_NESTED:
        raise BadExpression(f"nests brackets deeper than {MOST_NESTED} levels")
    try:
        template = _environment().parse("{{ " + source + "\n}}")
    except TemplateSyntaxError as fault:
        raise BadExpression(f"is not an expression: {fault.message}") from fault
    except (RecursionError, ValueError, MemoryError) as fault:
        raise BadExpression(f"is not an expression that can be read ({type(fault).__name__})") from fault
    match template.body:
        case [nodes.Output(nodes=[nodes.Expr() as node])] if not isinstance(node, nodes.TemplateData):
            return node
        case _:
            raise BadExpression("is not one expression; write a field and filters, e.g. << device.id | label_value >>")


def _nesting(source: str) -> int:
    """Return how deep brackets are nested at most; those inside texts count too, which only refuses more."""
    deepest = depth = 0
    for character in source:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def _check_names(node: nodes.Expr, root: str) -> frozenset[str]:
    """Refuse at load what could never be filled: unknown roots, fields and filters."""
    for name in _all(node, nodes.Name):
        if name.name != root:
            known = f"only {root!r} is known here"
            raise BadExpression(f"names {name.name!r}; {known} (fields: {', '.join(_FIELDS[root])})")
    for used in _all(node, nodes.Filter):
        if used.name not in FILTERS:
            raise BadExpression(
                f"uses the filter {used.name!r}{did_you_mean(used.name, FILTERS, otherwise='there are')}"
            )
    reads = set()
    for access in _all(node, nodes.Expr):
        path = _field_path(access)
        if path and len(path) >= 2:
            if path[1] not in _FIELDS[root]:
                there = did_you_mean(path[1], _FIELDS[root], otherwise="there are")
                raise BadExpression(f"needs {root}.{path[1]}, which no {root} has{there}")
            reads.add(".".join(path[:3] if path[:2] in _MAPPINGS else path[:2]))
    return frozenset(reads)


def _all(node: nodes.Node, kind: type[_Node]) -> Iterator[_Node]:
    """Return the node itself and all below it of one kind (`find_all` alone leaves out the node)."""
    if isinstance(node, kind):
        yield node
    yield from node.find_all(kind)


def _field_path(node: nodes.Node) -> tuple[str, ...] | None:
    """Return `("device", "labels", "site")` for `device.labels.site` and `device.labels["site"]`."""
    match node:
        case nodes.Name(name=name):
            return (name,)
        case nodes.Getattr(node=inner, attr=attr):
            below = _field_path(inner)
            return (*below, attr) if below else None
        case nodes.Getitem(node=inner, arg=nodes.Const(value=str() as key)):
            below = _field_path(inner)
            return (*below, key) if below else None
        case _:
            return None


def _direct(node: nodes.Expr) -> Evaluate | None:
    """Return a closure for a chain of fields and filters with constant arguments; None for anything else."""
    if not isinstance(node, nodes.Filter):
        path = _field_path(node)
        return _read_field(path) if path else None
    if node.node is None or node.dyn_args or node.dyn_kwargs or node.kwargs:
        return None
    if not all(isinstance(arg, nodes.Const) for arg in node.args):
        return None
    inner = _direct(node.node)
    if inner is None:
        return None
    arguments = tuple(arg.value for arg in node.args if isinstance(arg, nodes.Const))
    if node.name == "default":
        # As in Jinja2, a default catches a field missing at its own place only, not what a filter before it needs.
        return _with_default(inner, arguments, catch=not isinstance(node.node, nodes.Filter))
    return _filtered(inner, FILTERS[node.name], arguments)


def _read_field(path: tuple[str, ...]) -> Evaluate | None:
    match path:
        case ("device", "labels", label):
            return _read_entry("labels", label)
        case ("fleet", "kinds", kind):
            return _read_entry("kinds", kind)
        case ("device", "address"):
            return _read_address
        case ("device", "id" | "hostname" | "title" | "kind" as name) | ("fleet", "devices" as name):
            return lambda subject: getattr(subject, name)
        case ("device", "labels" as name) | ("fleet", "kinds" as name):
            return lambda subject: dict(getattr(subject, name))
        case _:
            return None


def _read_entry(holder: str, name: str) -> Evaluate:
    def read(subject: Subject) -> object:
        try:
            return getattr(subject, holder)[name]
        except KeyError:
            raise MissingField(name) from None

    return read


def _read_address(subject: Device) -> object:
    if subject.address is None:
        raise MissingField("address")
    return subject.address


def _with_default(inner: Evaluate, arguments: tuple[object, ...], *, catch: bool) -> Evaluate | None:
    if len(arguments) > 2:
        return None
    fallback = arguments[0] if arguments else ""
    empty_too = bool(arguments[1]) if len(arguments) > 1 else False

    def evaluate(subject: Subject) -> object:
        try:
            found = inner(subject)
        except MissingField:
            if not catch:
                raise
            return fallback
        return fallback if empty_too and not found else found

    return evaluate


def _filtered(inner: Evaluate, apply: Callable[..., object], arguments: tuple[object, ...]) -> Evaluate:
    def evaluate(subject: Subject) -> object:
        try:
            return apply(inner(subject), *arguments)
        except FilterFault as fault:
            raise BadValue(str(fault)) from fault
        except (TypeError, ValueError) as fault:
            raise BadValue(f"fails: {fault}") from fault

    return evaluate
