"""The first administrator and API token: given by the operator, else made at the first start and shown once."""

from __future__ import annotations

from dataclasses import dataclass

from backend_server.errors import ConfigError, DashwrightError
from backend_server.primitives.passwords import hash_password, new_password, verify_password
from backend_server.primitives.secret import Secret

from .model import ApiToken, Role, User, hash_api_token, new_api_token, new_token_id
from .ports import AccountStore, KeyValues
from .unshown import Mark, UnshownSecrets, password_mark, token_mark

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
    password_mark: Mark | None = None


def ensure_first_admin(given: FirstAdmin, store: AccountStore, values: KeyValues) -> FirstSecrets:
    """Ensure that an administrator and an API token exist; repeatable. What it made is marked as unshown.

    A changed `ADMIN_PASSWORD` or `API_TOKEN` is taken over (and ends the old one's sessions); an unchanged one leaves
    alone what was set since. What was made before and never shown is made anew, unless somebody set another since.
    Raises ConfigError when a given one is too weak.
    """
    unshown = UnshownSecrets(values)
    password, mark = _ensure_admin(given, store, values, unshown)
    return FirstSecrets(given.name, password, _ensure_token(given.token, store, unshown), mark)


def _ensure_token(given: Secret | None, store: AccountStore, unshown: UnshownSecrets) -> Secret | None:
    known = store.tokens()
    if given is not None:
        if len(given.reveal()) < MIN_API_TOKEN:
            raise ConfigError(f"API_TOKEN is shorter than {MIN_API_TOKEN} characters; set a random one, or none.")
        if not any(one.hash == hash_api_token(given.reveal()) and one.revoked_at is None for one in known):
            store.replace_token(_admin_token(_ENVIRONMENT_TOKEN, given.reveal(), store.now_ms()), by="prepare")
        return None
    if any(one.revoked_at or one.last_used_at or not unshown.is_marked(token_mark(one.hash)) for one in known):
        return None
    made = Secret(new_api_token())
    unshown.mark(token_mark(hash_api_token(made.reveal())))
    store.replace_token(_admin_token(_FIRST_TOKEN, made.reveal(), store.now_ms()), by="prepare")
    return made


def _ensure_admin(
    given: FirstAdmin, store: AccountStore, values: KeyValues, unshown: UnshownSecrets
) -> tuple[Secret | None, Mark | None]:
    """Return the password that was made, and its mark."""
    name, password = given.name, given.password
    users = store.users()
    existing = next((user for user in users if user.name == name), None)
    version = existing.session_version + 1 if existing else 1
    if password is None:
        # The first one may have been removed in favour of others since; that must not bring it back.
        somebody = existing is not None or any(user.role is Role.ADMIN and user.disabled_at is None for user in users)
        waits = existing is not None and existing.disabled_at is None and unshown.is_marked(_mark_of(existing))
        if somebody and not waits:
            return None, None
        made = Secret(new_password())
        user = User(name, Role.ADMIN, hash_password(made.reveal()), version)
        unshown.mark(_mark_of(user))
        store.put_user(user, by="prepare")
        return made, _mark_of(user)
    applied = values.get(_APPLIED_PASSWORD)
    if existing is not None and applied is not None and verify_password(applied, password.reveal()):
        return None, None
    try:
        hashed = hash_password(password.reveal())
    except DashwrightError as fault:
        raise ConfigError(f"ADMIN_PASSWORD cannot be used: {fault.message}") from fault
    store.put_user(User(name, Role.ADMIN, hashed, version), by="prepare")
    values.set(_APPLIED_PASSWORD, hashed)
    return None, None


def _mark_of(user: User) -> Mark:
    return password_mark(user.password_hash)


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
