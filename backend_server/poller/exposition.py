"""The metrics page: each series' line is rendered when its value changes, a scrape only joins what is there.

Text format 0.0.4, samples of one metric in one group. A group that did not change since the
last scrape is not joined again.
"""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def escape_label(text: str) -> str:
    r"""Write a label's value: backslash, quote and line feed escaped."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def format_value(value: float) -> str:
    """Write a sample's value: whole numbers without a fraction, all others so that they read back the same."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


class Family:
    """All samples of one metric; `key` names a series, mostly the device's id."""

    __slots__ = ("_head", "_joined", "_lines", "_prefixes", "_values", "name")

    def __init__(self, name: str, kind: str, help_text: str) -> None:
        self.name = name
        escaped = help_text.replace("\\", "\\\\").replace("\n", "\\n")
        self._head = f"# HELP {name} {escaped}\n# TYPE {name} {kind}\n".encode()
        self._lines: dict[str, bytes] = {}
        self._values: dict[str, float] = {}
        self._prefixes: dict[str, bytes] = {}
        self._joined: bytes | None = b""

    def set(self, key: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        """Set a series' value; its labels, default `{device=key}`, are taken at its first value only."""
        if self._values.get(key) == value:
            return
        prefix = self._prefixes.get(key)
        if prefix is None:
            given = {"device": key} if labels is None else labels
            inside = ",".join(f'{name}="{escape_label(text)}"' for name, text in given.items())
            prefix = self._prefixes[key] = f"{self.name}{{{inside}}} ".encode()
        self._values[key] = value
        self._lines[key] = prefix + format_value(value).encode() + b"\n"
        self._joined = None

    def drop(self, key: str) -> None:
        """Drop a series."""
        if self._lines.pop(key, None) is not None:
            del self._values[key], self._prefixes[key]
            self._joined = None

    def render(self) -> bytes:
        """Return the group's text; empty without series."""
        if self._joined is None:
            self._joined = self._head + b"".join(self._lines.values()) if self._lines else b""
        return self._joined

    def __len__(self) -> int:
        return len(self._lines)


class Exposition:
    """All families, in the order they were first named."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def family(self, name: str, kind: str = "gauge", help_text: str = "") -> Family:
        """Return the family of that name, making it at first."""
        found = self._families.get(name)
        if found is None:
            found = self._families[name] = Family(name, kind, help_text)
        return found

    def drop(self, key: str) -> None:
        """Drop a device's series from every family."""
        for family in self._families.values():
            family.drop(key)

    def render(self) -> bytes:
        """Return the whole page."""
        return b"".join([family.render() for family in self._families.values()])

    def __len__(self) -> int:
        return sum(map(len, self._families.values()))
