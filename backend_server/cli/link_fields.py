"""The options that set a link's fields, shared by `link create` and `link edit`, and how a link is told in text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
_PROFILE = ("theme", "refresh", "from", "to", "picker", "chrome", "transparent")


@dataclass(frozen=True, slots=True)
class Fields:
    """What the options say; None = not given."""

    label: str | None
    slug: str | None
    profile: str | None
    theme: str | None
    refresh: str | None
    from_: str | None
    to: str | None
    picker: bool | None
    chrome: bool | None
    transparent: bool | None
    not_before: str | None
    expires: str | None
    password_file: IO[str] | None
    sites: tuple[str, ...]

    def as_body(self) -> dict[str, object]:
        """Return the fields that were given, as the API takes them."""
        values = (self.theme, self.refresh, self.from_, self.to, self.picker, self.chrome, self.transparent)
        profile = {name: value for name, value in zip(_PROFILE, values, strict=True) if value is not None}
        password = self.password_file.read().rstrip("\r\n") if self.password_file else None
        given: dict[str, object] = {
            "label": self.label,
            "slug": self.slug,
            "profile": profile or self.profile,
            "not_before": self.not_before,
            "expires_at": self.expires,
            "password": password,
            "frame_ancestors": list(self.sites) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


def field_options(command: Command) -> Command:
    """Return a command an option for each field of a link."""
    for option in reversed(
        (
            click.option("--label", help="What people see in the list."),
            click.option("--slug", help="Short name for /s/SLUG."),
            click.option(
                "--profile",
                type=click.Choice(["light", "dark", "wall", "explore", "report"]),
                help="A ready-made profile instead of the single options below.",
            ),
            click.option("--theme", type=click.Choice(["auto", "light", "dark"])),
            click.option("--refresh", metavar="DURATION", help="How often the page asks anew, or off."),
            click.option("--from", "from_", metavar="TIME", help="Begin of the range, e.g. now-6h."),
            click.option("--to", metavar="TIME", help="End of the range."),
            click.option("--picker/--no-picker", default=None, help="Whether a visitor may choose the time."),
            click.option("--chrome/--no-chrome", default=None, help="Whether the title bar shows."),
            click.option("--transparent/--no-transparent", default=None, help="Whether the background is left out."),
            click.option("--not-before", metavar="TIME", help="RFC 3339; the link opens from then on."),
            click.option("--expires", metavar="TIME", help="RFC 3339; the link is over from then on."),
            click.option(
                "--password-file",
                type=click.File("r"),
                help="File with the password visitors need; - reads standard input.",
            ),
            click.option("--site", "sites", multiple=True, metavar="ORIGIN", help="Site that may embed it."),
        )
    ):
        command = option(command)
    return command


def told(link: Mapping[str, Any], ledger: Mapping[str, Any] | None) -> Iterator[str]:
    """Tell a link in lines; with a ledger, what happened on it."""
    yield f"{link['token']}  {link['state']}  {link['label']}".rstrip()
    yield f"  {link.get('device') or link.get('document')}, slot {link['slot']}"
    yield f"  {link['embed_url']}"
    yield f"  {link['slug_url']}"
    for name, shown in (
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
