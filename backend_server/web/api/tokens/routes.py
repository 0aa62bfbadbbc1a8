"""`/api/me` and `/api/tokens`: who is calling, and API tokens."""

from __future__ import annotations

from flask import Response

from backend_server.accounts import Role, Scope
from backend_server.errors import InvalidInput, Problem
from backend_server.primitives.clock import parse_time

from ...auth import needs
from ...context import current_actor, current_services
from ..base import Message, api_blueprint, errors, json_response
from .present import token_json
from .schemas import ApiTokenPath, Me, NewToken, NewTokenAnswer, TokenList

blueprint = api_blueprint("accounts", "Who may do what.")


@blueprint.get("/me", responses={200: Me})
@needs(Role.VIEWER)
def get_me() -> Response:
    """Return who is calling and what the caller may do."""
    actor = current_actor()
    return json_response({"name": actor.name, "role": actor.role.value, "scopes": sorted(actor.scopes)})


@blueprint.get("/tokens", responses={200: TokenList})
@needs(Role.ADMIN, Scope.TOKENS_WRITE)
def list_tokens() -> Response:
    """List the API tokens, newest first, revoked ones included; never the tokens themselves."""
    return json_response([token_json(token) for token in current_services().accounts.tokens()])


@blueprint.post("/tokens", responses={201: NewTokenAnswer, **errors(409, 413, 415)})
@needs(Role.ADMIN, Scope.TOKENS_WRITE)
def create_token(body: NewToken) -> Response:
    """Create an API token; the answer is the only place where it is ever shown."""
    expires = parse_time(body.expires_at, path="expires_at") if body.expires_at else None
    token, secret = current_services().accounts.create_token(
        body.name,
        Role(body.role),
        _scopes(body.scopes),
        int(expires.timestamp() * 1000) if expires else None,
        by=current_actor(),
    )
    return json_response({**token_json(token), "token": secret.reveal()}, 201)


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
