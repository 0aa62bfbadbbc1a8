"""The fields of a device that a caller or an operator may give, and the rule of each.

Hostile text is welcome in `hostname` and in label values (quotes, newlines, `{{`, emoji): it is data, and stays data.
Refused is only what a database cannot store: NUL and lone surrogates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from backend_server.errors import InvalidInput, Problem
from backend_server.links.link import NAMED_PROFILES
from backend_server.primitives.addresses import IPV6_PATTERN, PORT_PATTERN

from .device import MAX_HOSTNAME, MAX_LABELS

MAX_LABEL_NAME = 64
MAX_LABEL_VALUE = 253
MAX_ADDRESS = 300

# What a whole text must match; the API's description says the same, and of an address the usual.
LABEL_NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
KIND_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
ADDRESS_PATTERN = rf"https?://([A-Za-z0-9]([A-Za-z0-9.-]{{0,60}}[A-Za-z0-9])?|{IPV6_PATTERN}){PORT_PATTERN}"

_LABEL_NAME = re.compile(LABEL_NAME_PATTERN)
_KIND = re.compile(KIND_PATTERN)
_HOST = re.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_NOT_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f\\]")
_READ_ONLY = frozenset({"state", "created_at", "updated_at", "last_seen_at", "retired_at", "title"})

OTHER_ID = Problem("id", "differs from the id in the address; a device never changes its id")

Fields = Mapping[str, object]
_Problems = list[Problem]


def parse_fields(raw: object, *, device_id: str | None = None, what: str = "The device") -> dict[str, object]:
    """Check what was given of a device; a field that is null is given as None, which means "forget what was said".

    `id` may be repeated and must then equal `device_id`. Raises InvalidInput naming every field that is wrong.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInput([Problem("", not_an_object(raw))], what=what)
    problems: _Problems = []
    found: dict[str, object] = {}
    for name, value in raw.items():
        if name == "id":
            if value != device_id:
                problems.append(OTHER_ID)
            continue
        rule = _RULES.get(name)
        if rule is None:
            problems.append(Problem(_shown(str(name)), unknown_field(str(name))))
        elif value is None:
            found[name] = None
        else:
            found[name] = rule(value, problems)
    if problems:
        raise InvalidInput(problems, what=what)
    return found


def parse_field(name: str, value: object) -> object:
    """Check one field by its rule; raises InvalidInput naming what is wrong."""
    problems: _Problems = []
    found = _RULES[name](value, problems)
    if problems:
        raise InvalidInput(problems, what="The device")
    return found


def not_an_object(raw: object) -> str:
    """Return the error for a device that is not an object."""
    return f"must be an object, not {_kind_of(raw)}"


def unknown_field(name: str) -> str:
    """Return the error for a field that no device has, or that nobody may set."""
    if name in _READ_ONLY:
        return "is decided by the service; leave it out"
    return f"is not a field of a device; there are: {', '.join(_RULES)}"


def _shown(name: str) -> str:
    return name[:40].encode("utf-8", "replace").decode()


def _kind_of(value: object) -> str:
    names = {type(None): "null", bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "something else")


def _text(value: object, path: str, most: int, problems: _Problems) -> str:
    if not isinstance(value, str):
        problems.append(Problem(path, f"must be text, not {_kind_of(value)}"))
        return ""
    if len(value) > most:
        problems.append(Problem(path, f"is {len(value)} characters long; at most {most}"))
    elif "\0" in value:
        problems.append(Problem(path, "contains NUL, which no database stores"))
    elif any("\ud800" <= letter <= "\udfff" for letter in value):
        problems.append(Problem(path, "contains half of a surrogate pair, which is not text"))
    return value


def _hostname(value: object, problems: _Problems) -> object:
    text = _text(value, "hostname", MAX_HOSTNAME, problems)
    if isinstance(value, str) and not text.strip():
        problems.append(Problem("hostname", "is empty; leave it out, and the id is used"))
    return text


def _kind(value: object, problems: _Problems) -> object:
    if not isinstance(value, str) or not _KIND.fullmatch(value):
        problems.append(
            Problem("kind", "must be 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit")
        )
    return value


def _labels(value: object, problems: _Problems) -> object:
    if not isinstance(value, Mapping):
        problems.append(Problem("labels", f"must be an object of text, not {_kind_of(value)}"))
        return {}
    if len(value) > MAX_LABELS:
        problems.append(Problem("labels", f"are {len(value)}; at most {MAX_LABELS}"))
        return {}
    found = {}
    for name, text in value.items():
        if not isinstance(name, str) or not _LABEL_NAME.fullmatch(name):
            shown = str(name)[:MAX_LABEL_NAME].encode("utf-8", "replace").decode()
            problems.append(
                Problem(f"labels.{shown}", "is not a label name: 1 to 64 of a-z, A-Z, 0-9, '_', first no digit")
            )
        else:
            found[name] = _text(text, f"labels.{name}", MAX_LABEL_VALUE, problems)
    return found


def _address(value: object, problems: _Problems) -> object:
    fault = _address_fault(value)
    if fault:
        problems.append(Problem("address", f"{fault}; write http://host:port or https://host"))
    return value


def _address_fault(value: object) -> str | None:
    if not isinstance(value, str):
        return f"must be text, not {_kind_of(value)}"
    if len(value) > MAX_ADDRESS:
        return f"is {len(value)} characters long; at most {MAX_ADDRESS}"
    if _NOT_IN_ADDRESS.search(value):
        return "contains a blank, a backslash or a control character"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("http", "https"):
        return "must begin with http:// or https://"
    if "@" in parts.netloc:
        return "must not hold a user or password"
    if parts.path or parts.query or parts.fragment or "?" in value or "#" in value:
        return "must end after host and port: the path is the device kind's"
    host = parts.netloc.removesuffix(f":{port}") if port is not None else parts.netloc
    if port == 0 or not _HOST.fullmatch(host):
        return "names no host and port that can be asked"
    return None


def _share(value: object, problems: _Problems) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and (value in ("true", "false") or value in NAMED_PROFILES):
        return value
    problems.append(Problem("share", f"must be true, false or a profile's name ({', '.join(NAMED_PROFILES)})"))
    return value


_RULES: Mapping[str, Callable[[object, _Problems], object]] = {
    "hostname": _hostname,
    "kind": _kind,
    "labels": _labels,
    "address": _address,
    "share": _share,
}
