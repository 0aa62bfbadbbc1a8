"""Bodies whose fields are read by the rules of their room, and whose mistakes are worded there, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import ModelWrapValidatorHandler, PlainValidator, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from backend_server.errors import InvalidInput, Problem

from ..errors import RULE, problems_of
from .base import Input


def read_by(rule: Callable[[Any], object], shape: Any) -> PlainValidator:
    """Return what has pydantic read a field by a room's rule; `shape` is how the API's description shows the field."""

    def read(value: object) -> object:
        try:
            return rule(value)
        except InvalidInput as fault:
            raise PydanticCustomError(RULE, "is not acceptable", {"problems": fault.problems}) from fault

    return PlainValidator(read, json_schema_input_type=shape)


def refuse(problems: Sequence[Problem]) -> None:
    """Report a field's problems to pydantic; without any nothing happens."""
    if problems:
        raise PydanticCustomError(RULE, "is not acceptable", {"problems": problems})


class RuledInput(Input):
    """A body in the words of its noun; raises InvalidInput itself, with what is unknown first."""

    what: ClassVar[str] = "The request"

    @classmethod
    def not_an_object(cls, raw: object) -> str:
        """Return the error for a body that is not an object."""
        raise NotImplementedError

    @classmethod
    def unknown(cls, name: str) -> str:
        """Return the error for an unknown field."""
        names = list(cls.model_fields)
        return f"is not known; there {'are' if len(names) > 1 else 'is'}: {', '.join(names)}"

    @classmethod
    def problems_together(cls, raw: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with fields that are each right by themselves."""
        return []

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, raw: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(raw, Mapping):
            raise InvalidInput([Problem("", cls.not_an_object(raw))], what=cls.what)
        problems = [Problem(name[:40], cls.unknown(name)) for name in raw if name not in cls.model_fields]
        known = {name: value for name, value in raw.items() if name in cls.model_fields}
        try:
            body = read(known)
        except ValidationError as fault:
            problems += problems_of(fault)
        problems += cls.problems_together(raw)
        if problems:
            raise InvalidInput(problems, what=cls.what)
        return body
