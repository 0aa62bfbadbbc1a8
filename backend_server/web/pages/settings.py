"""`/settings`: one's own password; for administrators also API tokens and people.

Whole without scripts: every action is a form with the session's protection token, carried out by the same rules as the
API's, and followed by a redirect (but for a new API token, which is shown in the answer, once).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from backend_server.accounts import Actor, ApiToken, Need, Role, Scope
from backend_server.accounts.model import TOKEN_NAME_PATTERN, User
from backend_server.errors import (
    DashwrightError,
    InputError,
    InvalidInput,
    Problem,
    TooManyRequests,
    http_status,
)
from backend_server.primitives.clock import epoch_ms, format_day, format_ms

from ..context import current_services
from ..own_password import change_own_password
from ..own_urls import own_url
from .shell import page, render, writer

blueprint = Blueprint("settings_pages", __name__)

MINE = Need(Role.VIEWER)
TOKENS = Need(Role.ADMIN, Scope.TOKENS_WRITE)
PEOPLE = Need(Role.ADMIN, Scope.USERS_WRITE)
LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "No end"))
DONE = {
    "password": "Your password is changed. Every other session of yours has ended.",
    "revoked": "The API token is revoked.",
    "added": "The person may sign in now.",
    "changed": "The person is changed; open sessions have ended.",
    "removed": "The person is removed.",
}
_NAMES = {"old_password": "The present password", "password": "The password", "name": "The name"}


@blueprint.get("/settings")
@page(MINE)
def settings(actor: Actor) -> ResponseReturnValue:
    """Show the page."""
    return _page(actor, done=DONE.get(request.args.get("done", "")))


@blueprint.post("/settings/password")
def own_password() -> ResponseReturnValue:
    """Change one's own password."""
    return _do(
        MINE,
        "password",
        lambda _: change_own_password(request.form.get("old_password", ""), request.form.get("password", "")),
    )


@blueprint.post("/settings/tokens")
def create_token() -> ResponseReturnValue:
    """Create an API token and show it, this once."""
    actor, form = writer(TOKENS), request.form
    days = next((days for days, _ in LIVES if days == form.get("days")), LIVES[0][0])
    name = form.get("name", "").strip()
    try:
        if not re.fullmatch(TOKEN_NAME_PATTERN, name):
            raise InvalidInput([Problem("name", "must be 1 to 64 letters, digits, spaces or . _ -")])
        token, secret = current_services().accounts.create_token(
            name,
            _role(),
            [Scope(scope) for scope in form.getlist("scopes") if scope in set(Scope)],
            epoch_ms() + int(days) * 86_400_000 if days else None,
            by=actor,
        )
    except DashwrightError as fault:
        return _failed(actor, fault)
    return _page(actor, made=(token.name, secret.reveal()), status=201)


@blueprint.post("/settings/tokens/<token_id>/revoke")
def revoke_token(token_id: str) -> ResponseReturnValue:
    """Revoke an API token."""
    return _do(TOKENS, "revoked", lambda actor: current_services().accounts.revoke_token(token_id[:16], by=actor))


@blueprint.post("/settings/people")
def add_person() -> ResponseReturnValue:
    """Add a person."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    return _do(PEOPLE, "added", lambda actor: current_services().users.create(name, _role(), password, by=actor))


@blueprint.post("/settings/people/<name>")
def edit_person(name: str) -> ResponseReturnValue:
    """Change a person's role, password or whether the person may sign in."""
    form = request.form
    state = {"disabled": True, "active": False}.get(form.get("state", ""))
    return _do(
        PEOPLE,
        "changed",
        lambda actor: current_services().users.edit(
            name,
            role=_role() if "role" in form else None,
            disabled=state,
            password=form.get("password") or None,
            by=actor,
        ),
    )


@blueprint.post("/settings/people/<name>/remove")
def remove_person(name: str) -> ResponseReturnValue:
    """Remove a person for good."""
    return _do(PEOPLE, "removed", lambda actor: current_services().users.remove(name, by=actor))


def _do(need: Need, done: str, action: Callable[[Actor], object]) -> ResponseReturnValue:
    actor = writer(need)
    try:
        action(actor)
    except (InputError, TooManyRequests) as fault:
        return _failed(actor, fault)
    return redirect(own_url(f"/settings?done={done}"), 303)


def _role() -> Role:
    given = request.form.get("role", "")
    if given not in set(Role):
        raise InvalidInput([Problem("role", f"must be one of {', '.join(Role)}")])
    return Role(given)


def _failed(actor: Actor, fault: DashwrightError) -> Response:
    words = fault.message
    if isinstance(fault, InvalidInput):
        words = (
            "; ".join(f"{_NAMES.get(problem.path, problem.path)} {problem.message}" for problem in fault.problems) + "."
        )
    return _page(actor, problem=words, status=http_status(fault))


def _page(
    actor: Actor,
    *,
    done: str | None = None,
    problem: str | None = None,
    made: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    services, now = current_services(), epoch_ms()
    answer = render(
        "settings.html",
        actor,
        status=status,
        done=done,
        problem=problem,
        made=made,
        tokens=[_token_row(token, now) for token in services.accounts.tokens()] if actor.may(TOKENS) else None,
        people=[_person_row(user) for user in services.users.all()] if actor.may(PEOPLE) else None,
        roles=[role.value for role in Role],
        scopes=[scope.value for scope in Scope],
        lives=LIVES,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _token_row(token: ApiToken, now_ms: int) -> dict[str, object]:
    over = "expired" if token.revoked_at is None else "revoked"
    state = "live" if token.is_good(now_ms) else over
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "scopes": ", ".join(sorted(token.scopes)) or "All that its role may",
        "state": state,
        "created_by": token.created_by,
        "expires": _day(token.expires_at),
        "used_ms": token.last_used_at,
        "used": format_ms(token.last_used_at),
    }


def _person_row(user: User) -> dict[str, object]:
    seen = current_services().accounts.last_seen(user)
    return {
        "name": user.name,
        "role": user.role.value,
        "disabled": user.disabled_at is not None,
        "seen_ms": seen,
        "seen": format_ms(seen),
    }


def _day(time_ms: int | None) -> str | None:
    return None if time_ms is None else format_day(time_ms)
