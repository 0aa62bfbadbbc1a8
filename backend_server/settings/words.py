"""The types of settings' values: secrets, durations, words of a short list; and the base of every group."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator

from backend_server.errors import InvalidInput
from backend_server.primitives.durations import parse_duration
from backend_server.primitives.secret import Secret
from backend_server.primitives.share import parse_share

_BARE_SECONDS = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,3})?")


def _as_secret(value: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(str(value))


def _as_seconds(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    text = str(value).strip()
    try:
        return float(text) if _BARE_SECONDS.fullmatch(text) else parse_duration(text)
    except InvalidInput as fault:  # pydantic collects ValueErrors, so that every wrong variable is reported at once
        raise ValueError(fault.problems[0].message) from fault


def _as_share(value: object) -> str:
    try:
        return parse_share(str(value))
    except InvalidInput as fault:
        raise ValueError(fault.problems[0].message) from fault


ShareWord = Annotated[str, PlainValidator(_as_share)]
SecretText = Annotated[Secret, PlainValidator(_as_secret), PlainSerializer(str)]
Seconds = Annotated[float, PlainValidator(_as_seconds)]


class LinkTokens(StrEnum):
    """How link tokens are made."""

    STORED = "stored"
    DERIVED = "derived"


class LogFormat(StrEnum):
    """The format of log lines."""

    TEXT = "text"
    JSON = "json"


class Group(BaseModel):
    """Settings that belong together. A field's variable is its name in capitals, or `NAME_FILE`."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid", validate_default=True)
