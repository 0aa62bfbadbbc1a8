"""Where the data that ships with the product lies: the checkout's top level, or the wheel's copy of it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(*parts: str) -> Path:
    """Return the path of shipped data, e.g. `shipped("config", "device_kinds")`."""
    packed = _PACKAGE / "_data"
    return (packed if packed.is_dir() else _PACKAGE.parent).joinpath(*parts)


def built(*parts: str) -> Path:
    """Return the path of what the front end's build made, e.g. `built("public", "notice.css")`."""
    return _PACKAGE.joinpath("web", "static", "dist", *parts)
