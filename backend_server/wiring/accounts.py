"""Who may do what, put together: the host platform's tokens, the first administrator, the keys."""

from __future__ import annotations

from cryptography.fernet import MultiFernet

from backend_server.accounts import FirstAdmin, FirstSecrets, HostTokenRules, HostTokens, Role
from backend_server.accounts import ensure_first_admin as ensure_first_admin_in
from backend_server.accounts.keys import ensure_fernet as ensure_fernet_in
from backend_server.accounts.keys import ensure_secret_key as ensure_secret_key_in
from backend_server.accounts.ports import AccountStore, SecretKeeper
from backend_server.accounts.unshown import UnshownSecrets
from backend_server.primitives.secret import Secret
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.storage.key_values import KeyValues
from backend_server.storage.secret_store import SecretStore
from backend_server.storage.tables.accounts import SqlAccounts


def build_host_tokens(settings: Settings) -> HostTokens | None:
    """Build the reader of the host platform's tokens; None when no key is set. Raises ConfigError."""
    default = settings.jwt_default_role
    return HostTokens.of(
        HostTokenRules(
            secret=settings.jwt_secret,
            public_key=settings.jwt_public_key,
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
            role_claim=settings.jwt_role_claim,
            default_role=Role(default) if default else None,
        )
    )


def account_store(store: Store) -> AccountStore:
    """Return the users and tokens of a store."""
    return SqlAccounts(store)


def secret_keeper(settings: Settings, store: Store) -> SecretKeeper:
    """Return the keeper of secrets."""
    return SecretStore(store, settings.data_dir)


def unshown_secrets(store: Store) -> UnshownSecrets:
    """Return the marks of what was made and not shown yet."""
    return UnshownSecrets(KeyValues(store))


def ensure_first_admin(settings: Settings, store: Store) -> FirstSecrets:
    """Ensure that an administrator and an API token exist; what was made is in the answer (`prepare`)."""
    given = FirstAdmin(settings.admin_user, settings.admin_password, settings.api_token)
    return ensure_first_admin_in(given, account_store(store), KeyValues(store))


def ensure_secret_key(settings: Settings, store: Store) -> Secret:
    """Return the key that signs sessions and derived tokens."""
    return ensure_secret_key_in(settings.secret_key, secret_keeper(settings, store))


def ensure_fernet(settings: Settings, store: Store) -> MultiFernet:
    """Return what encrypts stored credentials; raises ConfigError when its keys are not those used before."""
    return ensure_fernet_in(settings.fernet_keys, secret_keeper(settings, store), KeyValues(store).set_first)
