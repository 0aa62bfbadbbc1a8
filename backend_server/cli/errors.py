"""The error tree as exit codes and words, once for all commands. `docs/running.md` lists the codes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click

from backend_server.errors import (
    ConfigError,
    Conflict,
    DashwrightError,
    Forbidden,
    Gone,
    InputError,
    InvalidInput,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    UpstreamError,
)

EXIT_BROKEN_PIPE = 141
EXIT_FAILED = 1
_PACKAGE = Path(__file__).resolve().parents[1]
_STEPS = 4
_LONGEST_WORDS = 300
Override = tuple[type[DashwrightError], int]

# The first class that fits counts, so the narrow ones stand first. 2 is also click's code for a wrong command line.
EXIT_CODES: tuple[tuple[type[DashwrightError], int, str], ...] = (
    (ConfigError, 2, "a setting is wrong"),
    (NotFound, 4, "no such object"),
    (Gone, 4, "it is over for good"),
    (Conflict, 5, "its present state forbids it"),
    (InputError, 8, "what was given is not acceptable"),
    (Unauthenticated, 9, "the API token is invalid"),
    (Forbidden, 9, "the API token may not do this"),
    (TooManyRequests, 10, "a limit was reached"),
    (UpstreamError, 10, "another service failed"),
    (DashwrightError, 1, "anything else"),
)


def exit_code_of(fault: DashwrightError, *overrides: Override) -> int:
    """Return the exit code of an error; a command's own codes come before the table's."""
    table = (*overrides, *((kind, code) for kind, code, _ in EXIT_CODES))
    return next(code for kind, code in table if isinstance(fault, kind))


@contextmanager
def exits(*overrides: Override) -> Iterator[None]:
    """Exit with a command's own codes on errors, each problem on a line; a decorator as well."""
    try:
        yield
    except DashwrightError as fault:
        _fail(fault, exit_code_of(fault, *overrides))


def _fail(fault: DashwrightError, code: int) -> NoReturn:
    problems = fault.problems if isinstance(fault, InvalidInput) else ()
    click.echo(f"error: {len(problems)} problem(s):" if problems else f"error: {fault.message}", err=True)
    for problem in problems:
        click.echo(f"  {problem}", err=True)
    sys.exit(code)


def words_of(fault: DashwrightError) -> str:
    """Return an error as text for people, with one line for each of several problems."""
    if isinstance(fault, InvalidInput) and len(fault.problems) > 1:
        head = fault.message.partition(":")[0]
        return "\n".join([f"{head}:", *[f"  {problem}" for problem in fault.problems]])
    return fault.message


def words_of_system(fault: OSError) -> str:
    """Return in words what the system refused: the file, where there is one, and why."""
    names = " and ".join(str(name) for name in (fault.filename, fault.filename2) if name is not None)
    reason = fault.strerror or str(fault) or type(fault).__name__
    return f"error: {names}: {reason}" if names else f"error: {reason}"


def words_of_unforeseen(fault: Exception) -> str:
    """Return in words what nobody foresaw, with the places that whoever mends it needs; never as a bare traceback."""
    places = traceback.extract_tb(fault.__traceback__)
    ours = [place for place in places if _PACKAGE in Path(place.filename).parents] or places
    steps = " < ".join(f"{Path(place.filename).name}:{place.lineno}" for place in reversed(ours[-_STEPS:]))
    said = " ".join(str(fault).split())[:_LONGEST_WORDS]
    return (
        f"error: {type(fault).__name__}: {said} (at {steps}). This is a fault of Dashwright itself; please report it."
    )
