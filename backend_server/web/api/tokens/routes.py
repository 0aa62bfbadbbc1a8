"""`/api/me` and `/api/tokens`: who is calling, and API tokens."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response

from backend_server.accounts import ApiToken, Role, Scope
from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.clock import format_time, parse_time

from ...auth import needs
from ...context import current_actor, current_services
from ..base import Message, api_blueprint, errors, json_response
from .schemas import ApiTokenPath, Me, NewToken, NewTokenAnswer, TokenList

blueprint = api_blueprint("accounts", "Who may do what.")


@blueprint.get("/me", responses={200: Me})
@needs(Role.VIEWER)
def get_me() -> Response:
    """Say who is calling and what that one may."""
    actor = current_actor()
    return json_response({"name": actor.name, "role": actor.role.value, "scopes": sorted(actor.scopes)})


@blueprint.get("/tokens", responses={200: TokenList})
@needs(Role.ADMIN, Scope.TOKENS_WRITE)
def list_tokens() -> Response:
    """List the API tokens, newest first, revoked ones included; never the tokens themselves."""
    return json_response([_shown(token) for token in current_services().accounts.tokens()])


@blueprint.post("/tokens", responses={201: NewTokenAnswer, **errors(409, 413, 415)})
@needs(Role.ADMIN, Scope.TOKENS_WRITE)
def create_token(body: NewToken) -> Response:
    """Make an API token; the answer is the only place where it is ever shown."""
    expires = parse_time(body.expires_at, path="expires_at") if body.expires_at else None
    token, secret = current_services().accounts.create_token(
        body.name,
        Role(body.role),
        _scopes(body.scopes),
        int(expires.timestamp() * 1000) if expires else None,
        by=current_actor(),
    )
    return json_response({**_shown(token), "token": secret.reveal()}, 201)


@blueprint.delete("/tokens/<token_id>", responses={200: Message, **errors(404)})
@needs(Role.ADMIN, Scope.TOKENS_WRITE)
def revoke_token(path: ApiTokenPath) -> Response:
    """Revoke an API token for good; doing it again changes nothing."""
    current_services().accounts.revoke_token(path.token_id, by=current_actor())
    return json_response({"message": "The API token is revoked."})


def _scopes(names: list[str]) -> list[Scope]:
    unknown = [
        Problem(f"scopes[{place}]", f"{name[:40]!r} is not a scope; there are: {', '.join(Scope)}")
        for place, name in enumerate(names)
        if name not in set(Scope)
    ]
    if unknown:
        raise InvalidInput(unknown)
    return [Scope(name) for name in names]


def _shown(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "scopes": sorted(token.scopes),
        "created_by": token.created_by,
        "created_at": _time(token.created_at),
        "expires_at": _time(token.expires_at),
        "last_used_at": _time(token.last_used_at),
        "revoked_at": _time(token.revoked_at),
    }


def _time(moment_ms: int | None) -> str | None:
    return None if moment_ms is None else format_time(datetime.fromtimestamp(moment_ms / 1000, UTC))
