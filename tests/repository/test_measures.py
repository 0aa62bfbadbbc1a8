"""The house keeps its measures: no import cycle, nothing too large to hold in the head, data declared once."""

from __future__ import annotations

import ast

import pytest

from tests.repository.measures import Measures, _measure_class, _measure_function, cycles, measure


@pytest.fixture(scope="module")
def measures() -> Measures:
    found = measure()
    print("\n".join(found.lines()))
    return found


@pytest.mark.parametrize("bound", ["cycles", "long_files", "large_classes", "many_parameters", "data_protocols"])
def test_nothing_is_over_its_bound(measures: Measures, bound: str) -> None:
    assert getattr(measures, bound) == []


def test_a_cycle_is_seen_also_through_others() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a ↔ b ↔ c"]
    assert cycles({"a": {"a"}}) == ["a"]
    assert cycles({"a": {"b", "c"}, "b": {"c"}}) == []


def test_what_is_too_large_is_seen() -> None:
    methods = "".join(f"    def m{number}(self): ...\n" for number in range(13))
    twin = "class Row(Protocol):\n    uid: str\n    @property\n    def state(self) -> str: ...\n"
    many = "def f(a, b, c, d, e, *, g, h): ...\n"
    found = Measures()
    for node in ast.walk(ast.parse(f"class Large:\n{methods}\n{twin}\n{many}")):
        if isinstance(node, ast.ClassDef):
            _measure_class(node, "here", found)
        elif isinstance(node, ast.FunctionDef):
            _measure_function(node, "here", found)
    assert found.large_classes == ["here: Large (13)"]
    assert found.data_protocols == ["here: Row"]
    assert found.many_parameters == ["here: f (7)"]
