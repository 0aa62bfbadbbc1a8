"""Who may do what: roles, scopes, API tokens, passwords; no disk, network or clock of its own."""

from .book import AccountBook, FirstSecrets, ensure_first_admin
from .host_tokens import HostTokens
from .model import Actor, ApiToken, Need, Role, Scope, hash_api_token, new_api_token
from .users import UserBook, WrongPassword

__all__ = [
    "AccountBook",
    "Actor",
    "ApiToken",
    "FirstSecrets",
    "HostTokens",
    "Need",
    "Role",
    "Scope",
    "UserBook",
    "WrongPassword",
    "ensure_first_admin",
    "hash_api_token",
    "new_api_token",
]
