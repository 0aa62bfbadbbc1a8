"""Who may do what: roles, scopes, API tokens, passwords; no disk, network or clock of its own."""

from backend_server.accounts.book import AccountBook, FirstSecrets, ensure_first_admin
from backend_server.accounts.host_tokens import HostTokens
from backend_server.accounts.roles import Actor, Need, Role, Scope
from backend_server.accounts.tokens import ApiToken, hash_api_token, new_api_token
from backend_server.accounts.users import UserBook, WrongPassword

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
