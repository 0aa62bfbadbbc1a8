"""Measures of the house: `python -m tests.repository.measures` prints them; `test_measures.py` holds them.

Migrations are left out (each is a record of its day), and so are docstrings where lengths of functions are counted.
"""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.repository.test_import_rules import MODULES, ROOT, module_of

MOST_LINES = 400
MOST_METHODS = 12
MOST_PARAMETERS = 6
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Measures:
    """What was counted; the lists name what is over a bound, as `file: name (count)`."""

    modules: int = 0
    module_lines: list[int] = field(default_factory=list)
    function_lines: list[int] = field(default_factory=list)
    cycles: list[str] = field(default_factory=list)
    long_files: list[str] = field(default_factory=list)
    large_classes: list[str] = field(default_factory=list)
    many_parameters: list[str] = field(default_factory=list)
    data_protocols: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield what is printed: one line for each measure, then what is over a bound."""
        lengths, functions = sorted(self.module_lines), sorted(self.function_lines)
        yield f"modules: {self.modules}; lines: median {statistics.median(lengths):g}, most {lengths[-1]}"
        yield f"functions: {len(functions)}; lines: median {statistics.median(functions):g}, most {functions[-1]}"
        yield f"import cycles: {len(self.cycles)}"
        yield f"files over {MOST_LINES} lines: {len(self.long_files)}"
        yield f"classes over {MOST_METHODS} methods: {len(self.large_classes)}"
        yield f"functions over {MOST_PARAMETERS} parameters, constructors apart: {len(self.many_parameters)}"
        yield f"Protocols that have only data: {len(self.data_protocols)}"
        for over in (self.cycles, self.long_files, self.large_classes, self.many_parameters, self.data_protocols):
            yield from (f"  {place}" for place in over)


def measure(modules: list[Path] = MODULES) -> Measures:
    """Measure the package's modules."""
    found = Measures(cycles=cycles({module_of(path): set(_our_imports(path)) for path in modules}))
    for path in modules:
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        where = str(path.relative_to(ROOT))
        found.modules += 1
        found.module_lines.append(len(text.splitlines()))
        if found.module_lines[-1] > MOST_LINES:
            found.long_files.append(f"{where} ({found.module_lines[-1]})")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                _measure_class(node, where, found)
            elif isinstance(node, Function):
                _measure_function(node, where, found)
    return found


def cycles(imports: dict[str, set[str]]) -> list[str]:
    """Return the groups of modules that import each other, directly or by way of others (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups: list[str] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for target in sorted(imports.get(module, ())):
            if target not in order:
                visit(target)
                lowest[module] = min(lowest[module], lowest[target])
            elif target in stack:
                lowest[module] = min(lowest[module], order[target])
        if lowest[module] == order[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1 or module in imports.get(module, ()):
                groups.append(" ↔ ".join(sorted(group)))

    for module in sorted(imports):
        if module not in order:
            visit(module)
    return groups


def _our_imports(path: Path) -> Iterator[str]:
    """Yield the modules of ours that a module imports: late imports and those for type checking as well."""
    names = {module_of(module) for module in MODULES}
    package = module_of(path).split(".") if path.name == "__init__.py" else module_of(path).split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                # `from room import module` names a module rather than something of the room's face.
                target = f"{module}.{alias.name}" if f"{module}.{alias.name}" in names else module
                if target in names:
                    yield target


def _measure_class(node: ast.ClassDef, where: str, found: Measures) -> None:
    methods = [child for child in node.body if isinstance(child, Function)]
    if len(methods) > MOST_METHODS:
        found.large_classes.append(f"{where}: {node.name} ({len(methods)})")
    if any(_name(base) == "Protocol" for base in node.bases) and _has_only_data(node):
        found.data_protocols.append(f"{where}: {node.name}")


def _has_only_data(node: ast.ClassDef) -> bool:
    members = [child for child in node.body if not isinstance(child, ast.Expr | ast.Pass)]
    return bool(members) and all(
        isinstance(child, ast.AnnAssign)
        or (isinstance(child, Function) and any(_name(mark) == "property" for mark in child.decorator_list))
        for child in members
    )


def _measure_function(node: Function, where: str, found: Measures) -> None:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    found.function_lines.append((body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0)
    given = node.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs) if one.arg not in ("self", "cls")]
    if len(names) > MOST_PARAMETERS and node.name != "__init__":
        found.many_parameters.append(f"{where}: {node.name} ({len(names)})")


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


if __name__ == "__main__":
    print("\n".join(measure().lines()))
