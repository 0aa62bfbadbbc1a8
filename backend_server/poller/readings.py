"""An answer's JSON turned into numbers. Pure."""

from __future__ import annotations

import math
import re

from .kinds import DeviceKind

# Devices write large numbers for people: "4.29G", "512 k".
_TEXT_NUMBER = re.compile(r"\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([kKMGTPE]?)\s*")
_FACTORS = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}


def number_of(value: object) -> float | None:
    """Read a number, a boolean or a text such as `4.29G`; None when it is none of them or not finite."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str) and len(value) <= 64 and (found := _TEXT_NUMBER.fullmatch(value)):
        number = float(found[1]) * _FACTORS[found[2]]
        return number if math.isfinite(number) else None
    return None


def value_at(document: object, pointer: tuple[str, ...]) -> object:
    """Follow a JSON pointer; None where it leads nowhere."""
    for part in pointer:
        if isinstance(document, dict):
            document = document.get(part)
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def readings_of(kind: DeviceKind, document: object) -> dict[str, float]:
    """Return metric name → value for every reading the answer holds; what is missing is left out."""
    found: dict[str, float] = {}
    flat = document if isinstance(document, dict) else None
    for reading in kind.readings:
        pointer = reading.pointer
        value = flat.get(pointer[0]) if flat is not None and len(pointer) == 1 else value_at(document, pointer)
        # JSON has no infinity, so the two common types need no further look.
        number = value if type(value) is float or type(value) is int else number_of(value)
        if number is not None and reading.scale != 1.0:
            number *= reading.scale
            number = number if math.isfinite(number) else None
        if number is not None:
            found[reading.name] = number
    return found


def texts_of(kind: DeviceKind, document: object) -> dict[str, str]:
    """Return label → text for the kind's `info`; what is missing or too long is left out."""
    found: dict[str, str] = {}
    for label, pointer in kind.info.items():
        value = value_at(document, pointer)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= 128:
            found[label] = str(value)
    return found
