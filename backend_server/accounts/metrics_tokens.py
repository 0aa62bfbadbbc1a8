"""Tokens by which Prometheus reads metrics and scrape targets, and nothing else."""

from __future__ import annotations

from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret

from .first_admin import MIN_API_TOKEN
from .model import ApiToken, Role, Scope, hash_api_token, new_api_token, new_token_id
from .ports import AccountStore

_SCRAPE_TOKEN = "prometheus"  # noqa: S105  # the token's public name
_ENVIRONMENT_TOKEN = "metrics, from the environment"  # noqa: S105  # the same


def ensure_metrics_token(given: Secret | None, store: AccountStore) -> None:
    """Ensure that `METRICS_TOKEN` reads; a changed one replaces the old. Raises ConfigError when it is too short."""
    if given is None:
        return
    secret = given.reveal()
    if len(secret) < MIN_API_TOKEN:
        raise ConfigError(f"METRICS_TOKEN is shorter than {MIN_API_TOKEN} characters; set a random one, or none.")
    if not is_known(secret, store):
        store.replace_token(_reader(_ENVIRONMENT_TOKEN, secret, store.now_ms()), by="prepare")


def make_scrape_token(store: AccountStore) -> str:
    """Create the token of the Prometheus that we run; it replaces an earlier one."""
    made = new_api_token()
    store.replace_token(_reader(_SCRAPE_TOKEN, made, store.now_ms()), by="prepare")
    return made


def is_known(secret: str, store: AccountStore) -> bool:
    """Whether a token with this secret is stored and not revoked."""
    held = hash_api_token(secret)
    return any(token.hash == held and token.revoked_at is None for token in store.tokens())


def _reader(name: str, secret: str, now_ms: int) -> ApiToken:
    return ApiToken(
        id=new_token_id(),
        name=name,
        hash=hash_api_token(secret),
        role=Role.VIEWER,
        scopes=frozenset({Scope.METRICS_READ, Scope.DEVICES_READ}),
        created_by="prepare",
        created_at=now_ms,
    )
