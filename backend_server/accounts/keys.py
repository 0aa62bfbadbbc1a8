"""The keys of the service: given by the operator, else made once and kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret

from .ports import SecretKeeper

_FERNET_CHECK = "fernet_check"
_KNOWN_TEXT = b"dashwright"


def ensure_secret_key(given: Secret | None, keeper: SecretKeeper) -> Secret:
    """Return the key that signs sessions and derived tokens: `SECRET_KEY`, else one made and kept."""
    return given or keeper.ensure("secret_key", lambda: secrets.token_urlsafe(48))


def ensure_fernet(given: Secret | None, keeper: SecretKeeper, set_first: Callable[[str, str], str]) -> MultiFernet:
    """Return what encrypts stored credentials: by `FERNET_KEYS`, else by keys made and kept.

    `set_first` stores a named value unless there is one and returns the one that holds. Raises ConfigError when the
    keys are not those used before.
    """
    keys = given or keeper.ensure("fernet_keys", lambda: Fernet.generate_key().decode())
    try:
        fernet = MultiFernet([Fernet(key.strip()) for key in keys.reveal().split(",") if key.strip()])
    except ValueError as fault:
        raise ConfigError(
            "FERNET_KEYS must be a comma list of keys of 32 bytes in URL-safe base64, newest first"
        ) from fault
    check = set_first(_FERNET_CHECK, fernet.encrypt(_KNOWN_TEXT).decode())
    try:
        fernet.decrypt(check)
    except InvalidToken as fault:
        raise ConfigError(
            "FERNET_KEYS does not hold the key that stored credentials were encrypted with; add the old key at the end"
        ) from fault
    return fernet
