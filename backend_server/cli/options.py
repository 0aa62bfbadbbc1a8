"""Options of one thing as one object: a dataclass whose fields say what click is to ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, fields
from functools import wraps
from typing import Any, TypeVar, cast

import click

Command = TypeVar("Command", bound=Callable[..., Any])
_OPTION = "option"


def option(*names: str, **attributes: Any) -> Any:
    """Declare a field of a group by its option, in click's own words."""
    return field(metadata={_OPTION: (names, attributes)})


def takes(**groups: type[Any]) -> Callable[[Command], Command]:
    """Pass a command each group's options as one argument of the given name."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(*arguments: Any, **given: Any) -> Any:
            for name, group in groups.items():
                given[name] = group(**{member.name: given.pop(member.name) for member in fields(group)})
            return command(*arguments, **given)

        for group in reversed(groups.values()):
            for member in reversed(fields(group)):
                names, attributes = member.metadata[_OPTION]
                run = click.option(*names, member.name, **attributes)(run)
        return cast("Command", run)

    return decorate


def given_fields(group: Any) -> dict[str, Any]:
    """Return the fields of a group that were given."""
    values = {member.name: getattr(group, member.name) for member in fields(group)}
    return {name: value for name, value in values.items() if value is not None}
