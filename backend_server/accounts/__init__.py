"""Who may do what: roles, scopes, people, API tokens, tokens of a host platform, and the service's keys."""

from .book import AccountBook
from .first_admin import FirstAdmin, FirstSecrets, ensure_first_admin
from .host_tokens import HostTokenRules, HostTokens
from .model import Actor, ApiToken, Need, Role, Scope, hash_api_token, new_api_token
from .users import UserBook, WrongPassword

__all__ = [
    "AccountBook",
    "Actor",
    "ApiToken",
    "FirstAdmin",
    "FirstSecrets",
    "HostTokenRules",
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
