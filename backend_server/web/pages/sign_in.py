"""Signing in and out: a session cookie for people; scripts use API tokens."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from backend_server.errors import TooManyRequests
from backend_server.settings import Settings
from backend_server.telemetry import get_logger

from ..auth import BadCsrfToken, check_csrf, client_address, csrf_token, has_session_cookie, signed_in
from ..context import current_services
from ..own_urls import own_url
from ..sign_in_limits import LIMITS, SignInLimits

blueprint = Blueprint("sign_in", __name__)

_log = get_logger("web.sign_in")
# A path of ours and nothing that a browser could read as another host (`//host`, `/\host`).
_OWN_PATH = re.compile(r"/(?![/\\])[\w./?=&%-]{0,500}", re.ASCII)


@blueprint.record_once
def _limits(state: object) -> None:
    app = getattr(state, "app")  # noqa: B009 - Flask's setup state has no exported type
    app.extensions[LIMITS] = SignInLimits()


@blueprint.get("/login")
def login_page() -> ResponseReturnValue:
    """Show the sign-in form, or go on for those who are signed in."""
    if signed_in() is not None:
        return redirect(own_url(_next(request.args.get("next"))), 303)
    return _form(None, 200)


@blueprint.post("/login")
def login() -> ResponseReturnValue:
    """Sign a person in; wrong names and wrong passwords answer alike."""
    services, limits = current_services(), _sign_in_limits()
    name, password = request.form.get("name", "")[:64], request.form.get("password", "")
    try:
        check_csrf(request.form.get("csrf"))
        limits.check(name, client_address())
    except BadCsrfToken:
        return _form(_why_unprotected(), 403)
    except TooManyRequests as fault:
        services.metrics.refused_sign_ins.labels("limit").inc()
        answer = _form(fault.message, 429)
        answer.headers["Retry-After"] = str(fault.details["retry_after_seconds"])
        return answer
    user = services.accounts.sign_in(name, password)
    if user is None:
        limits.failed(name, client_address())
        services.metrics.refused_sign_ins.labels("password").inc()
        _log.warning("sign-in refused", client=client_address())
        return _form("The name or the password is wrong.", 401)
    limits.succeeded(user.name, client_address())
    session.clear()  # what a visitor before the sign-in held must not live on in the signed-in session
    session.permanent = True
    session["user"], session["version"] = user.name, user.session_version
    csrf_token()
    _log.info("signed in", user=user.name, client=client_address())
    return redirect(own_url(_next(request.form.get("next"))), 303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """Sign out here; other browsers of the same person stay signed in."""
    if signed_in() is not None:
        check_csrf(request.form.get("csrf"))
    session.clear()
    return redirect(own_url("/login"), 303)


def _sign_in_limits() -> SignInLimits:
    found: SignInLimits = current_app.extensions[LIMITS]
    return found


def _why_unprotected() -> str:
    """Return why a form came without its token; below a path the usual reason is that it came by another address."""
    settings = current_services().settings
    if settings.base_path and not has_session_cookie():
        return f"Sign in at {settings.base_url}/login: this service's cookies are kept for that address alone."
    return "This page was open for too long. Please try again."


def _next(path: str | None) -> str:
    return path if path and _OWN_PATH.fullmatch(path) else "/"


def _form(problem: str | None, status: int) -> Response:
    page = render_template(
        "login.html",
        problem=problem,
        csrf=csrf_token(),
        name=request.form.get("name", "")[:64],
        next=_next(request.values.get("next")),
        recovery=recovery_command(current_services().settings),
    )
    return Response(page, status, mimetype="text/html")


def recovery_command(settings: Settings) -> str:
    """Return the whole command that sets a new password; where this machine alone can read it, with its own paths."""
    if settings.admin_password is not None:
        return "dashwright user passwd NAME"
    program = Path(sys.prefix) / "bin" / "dashwright"
    words = [str(program) if program.exists() else "dashwright", "user", "passwd", settings.admin_user]
    return f"DATA_DIR={shlex.quote(str(settings.data_dir.resolve()))} {shlex.join(words)}"
