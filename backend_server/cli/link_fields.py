"""The options that set a link's fields, shared by `link create` and `link edit`, and a link as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

import click

from .options import given_fields, option

_PROFILE = ("theme", "refresh", "from_", "to", "picker", "chrome", "transparent")


def _read(_context: click.Context, _option: click.Parameter, file: IO[str] | None) -> str | None:
    return file.read().rstrip("\r\n") if file else None


@dataclass(frozen=True, slots=True)
class LinkFieldOptions:
    """The values of the options; None = not given. Fields have the API's names, but for those of a profile."""

    label: str | None = option("--label", help="What people see in the list.")
    note: str | None = option("--note", help="What you want to keep in mind of it; no visitor sees it.")
    slug: str | None = option("--slug", help="Short name for /s/SLUG.")
    profile: str | None = option(
        "--profile",
        type=click.Choice(["light", "dark", "wall", "explore", "report"]),
        help="A ready-made profile instead of the single options below.",
    )
    theme: str | None = option("--theme", type=click.Choice(["auto", "light", "dark"]))
    refresh: str | None = option("--refresh", metavar="DURATION", help="How often the page asks again, or off.")
    from_: str | None = option("--from", metavar="TIME", help="Begin of the range, e.g. now-6h.")
    to: str | None = option("--to", metavar="TIME", help="End of the range.")
    picker: bool | None = option("--picker/--no-picker", default=None, help="Whether a visitor may choose the time.")
    chrome: bool | None = option("--chrome/--no-chrome", default=None, help="Whether the title bar shows.")
    transparent: bool | None = option(
        "--transparent/--no-transparent", default=None, help="Whether the background is left out."
    )
    not_before: str | None = option("--not-before", metavar="TIME", help="RFC 3339; the link opens from then on.")
    expires_at: str | None = option("--expires", metavar="TIME", help="RFC 3339; the link is over from then on.")
    password: str | None = option(
        "--password-file",
        type=click.File("r"),
        callback=_read,
        help="File with the password visitors need; - reads standard input.",
    )
    frame_ancestors: tuple[str, ...] = option("--site", multiple=True, metavar="ORIGIN", help="Site that may embed it.")

    def as_body(self) -> dict[str, object]:
        """Return the fields that were given, as the API takes them."""
        given = given_fields(self)
        profile = {name.rstrip("_"): given.pop(name) for name in _PROFILE if name in given}
        if profile:
            given["profile"] = profile
        if not given.pop("frame_ancestors"):
            return given
        return given | {"frame_ancestors": list(self.frame_ancestors)}


def link_lines(link: Mapping[str, Any], ledger: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the lines of a link; with a ledger, what happened on it."""
    yield f"{link['token']}  {link['state']}  {link['label']}".rstrip()
    yield f"  {link.get('device') or link.get('document')}, slot {link['slot']}"
    yield f"  {link['embed_url']}"
    yield f"  {link['slug_url']}"
    for name, shown in (
        ("note", (link.get("note") or "").replace("\n", "\n    ")),
        ("not before", link.get("not_before")),
        ("expires", link.get("expires_at")),
        ("password", "yes" if link.get("has_password") else None),
        ("sites", ", ".join(link.get("frame_ancestors") or ())),
    ):
        if shown:
            yield f"  {name}: {shown}"
    yield f"  created {link['created_at']} by {link['created_by']}"
    yield f"  {link['views']} views, last seen {link.get('last_seen_at') or 'never'}"
    if ledger is None:
        return
    for day in ledger["days"]:
        refused = ", ".join(f"{count} {reason}" for reason, count in sorted(day["refused"].items()))
        yield f"  {day['day']}  {day['views']} views" + (f"  refused: {refused}" if refused else "")
    for change in ledger["changes"]:
        yield f"  {change['at']}  {change['action']}  {change['actor']}"
