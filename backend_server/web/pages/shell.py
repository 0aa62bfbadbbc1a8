"""The shell of every page for people: the sign-in before it, and what all of them show and send.

A view is marked with `page`, which hands it the actor, and answers with `render`; lists take their page from `Paging`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from backend_server.accounts import Actor, Need
from backend_server.errors import Unauthenticated
from backend_server.links.urls import ASSETS

from ..auth import check_csrf, csrf_token, signed_in
from ..own_urls import own_url
from ..requests import PAGE_POLICY
from .public_files import built
from .times import ago

NAVIGATION = (("/", "Devices"), ("/links", "Links"), ("/settings", "Settings"))
"""Address and name of each page in the header, in order."""

_MOST_PAGES = 1_000_000


def page(needs: Need) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """Mark a view as a page: strangers sign in first and come back; the view gets the actor."""

    def mark(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def shown(**arguments: object) -> ResponseReturnValue:
            actor = signed_in()
            if actor is None:
                back = "" if request.path == "/" else "?next=" + quote(request.path)
                return redirect(own_url(f"/login{back}"), 303)
            actor.check(needs)
            return view(actor, **arguments)

        return shown

    return mark


def writer(needs: Need) -> Actor:
    """Return who sent a form of a page, before anything of it is looked at; raises Unauthenticated, Forbidden."""
    actor = signed_in()
    if actor is None:
        raise Unauthenticated("Sign in first.")
    actor.check(needs)
    if actor.by_session:
        check_csrf(request.form.get("csrf"))
    return actor


def render(
    template: str, actor: Actor, *, entry: str | None = None, preview: bool = False, status: int = 200, **values: Any
) -> Response:
    """Return a page: `entry` names the built script it needs, `preview` lets it frame our own links.

    Without the built script nothing that needs it can be done; the template gets `script=None` and says so.
    """
    files = built.files_of(f"src/pages/{entry}/main.ts") if entry else None
    html = render_template(
        template,
        actor=actor,
        csrf=csrf_token() if actor.by_session else "",
        navigation=NAVIGATION,
        script=own_url(f"{ASSETS}/{files.script}") if files else None,
        ago=ago,
        **values,
    )
    answer = Response(html, status, mimetype="text/html")
    if preview:
        answer.headers["Content-Security-Policy"] = PAGE_POLICY + "; frame-src 'self'"
    return answer


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list is asked for, the first being 1."""

    number: int
    per_page: int

    @classmethod
    def from_request(cls, per_page: int) -> Paging:
        """Read `?page=`; whatever is no page number means the first."""
        text = request.args.get("page", "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
        return cls(min(max(number, 1), _MOST_PAGES), per_page)

    def shown(self, total: int, kept: Mapping[str, object]) -> dict[str, Any]:
        """Return what a template shows of it: `kept` are the list's other parameters, for the links between pages."""
        return {
            "page": self.number,
            "last_page": max(1, -(-total // self.per_page)),
            "page_url": lambda number: "?" + urlencode({**kept, "page": number}),
        }
