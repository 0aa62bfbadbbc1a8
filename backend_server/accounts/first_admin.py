"""The first administrator and API token: given by the operator, else made at the first start and shown once."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.errors import ConfigError, DashwrightError
from backend_server.primitives.passwords import hash_password, new_password, verify_password
from backend_server.primitives.secret import Secret

from .model import ApiToken, Role, User, hash_api_token, new_api_token, new_token_id
from .ports import AccountStore, KeyValues

MIN_API_TOKEN = 16
_ENVIRONMENT_TOKEN = "environment"  # noqa: S105 - the token's public name
_FIRST_TOKEN = "first"  # noqa: S105 - the token's public name
_APPLIED_PASSWORD = "accounts.admin_password_applied"  # noqa: S105 - the name of a value


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """What the operator sets: the administrator's name and password, and a first API token."""

    name: str = "admin"
    password: Secret | None = None
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class FirstSecrets:
    """What was made at the first start and is shown once; None where nothing was made."""

    admin_user: str
    admin_password: Secret | None = None
    api_token: Secret | None = None


def ensure_first_admin(given: FirstAdmin, store: AccountStore, values: KeyValues) -> FirstSecrets:
    """Ensure that an administrator and an API token exist; repeatable, and shows what it made only once.

    A changed `ADMIN_PASSWORD` or `API_TOKEN` is taken over (and ends the old one's sessions); an unchanged one leaves
    alone what was set since. Raises ConfigError when a given one is too weak.
    """
    token = given.token
    made_password = _ensure_admin(given.name, given.password, store, values)
    made_token: Secret | None = None
    known = store.tokens()
    if token is not None:
        if len(token.reveal()) < MIN_API_TOKEN:
            raise ConfigError(f"API_TOKEN is shorter than {MIN_API_TOKEN} characters; set a random one, or none.")
        if not any(stored.hash == hash_api_token(token.reveal()) and stored.revoked_at is None for stored in known):
            store.replace_token(_admin_token(_ENVIRONMENT_TOKEN, token.reveal(), store.now_ms()), by="prepare")
    elif not known:
        made_token = Secret(new_api_token())
        store.add_token(_admin_token(_FIRST_TOKEN, made_token.reveal(), store.now_ms()), by="prepare")
    return FirstSecrets(given.name, made_password, made_token)


def _ensure_admin(name: str, given: Secret | None, store: AccountStore, values: KeyValues) -> Secret | None:
    users = store.users()
    existing = next((user for user in users if user.name == name), None)
    if given is None:
        # The first one may have been removed in favour of others since; that must not bring it back.
        if existing is not None or any(user.role is Role.ADMIN and user.disabled_at is None for user in users):
            return None
        made = Secret(new_password())
        store.put_user(User(name, Role.ADMIN, hash_password(made.reveal())), by="prepare")
        return made
    applied = values.get(_APPLIED_PASSWORD)
    if existing is not None and applied is not None and verify_password(applied, given.reveal()):
        return None
    try:
        hashed = hash_password(given.reveal())
    except DashwrightError as fault:
        raise ConfigError(f"ADMIN_PASSWORD cannot be used: {fault.message}") from fault
    version = existing.session_version + 1 if existing else 1
    store.put_user(User(name, Role.ADMIN, hashed, version), by="prepare")
    values.set(_APPLIED_PASSWORD, hashed)
    return None


def _admin_token(name: str, secret: str, now_ms: int) -> ApiToken:
    return ApiToken(
        id=new_token_id(),
        name=name,
        hash=hash_api_token(secret),
        role=Role.ADMIN,
        scopes=frozenset(),
        created_by="prepare",
        created_at=now_ms,
    )
