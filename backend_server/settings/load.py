"""Reading the settings table from the environment, `NAME_FILE` and `.env`, with all problems reported at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pydantic import ValidationError

from backend_server.errors import ConfigError, DashwrightError
from backend_server.primitives.secret import Secret

from .grafana import OWN_GRAFANA_URL
from .table import Settings, variable_of
from .words import LinkTokens, Seconds

SHORTEST_SECRET_KEY = 32
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*/?")  # also what a cookie can be kept for
_KNOWN_SECRET_KEYS = frozenset({"SW2YcwTIb9zpOOhoPsMm", "changeme", "secret", "grafana"})


def load_settings(
    environment: Mapping[str, str], *, env_file: Path | None = None, defaults_file: Path | None = None
) -> Settings:
    """Build the settings; raises ConfigError naming every variable that is wrong and what would be right.

    The environment is stronger than `env_file`, and that than `defaults_file`, whether by `NAME` or by `NAME_FILE`.
    """
    sources = (environment, _read_env_file(env_file), _read_env_file(defaults_file))
    problems: list[str] = []
    given: dict[str, object] = {}
    for field in Settings.model_fields:
        name = variable_of(field)
        direct, file = _strongest(sources, name)
        if direct and file:
            problems.append(f"{name} and {name}_FILE are both set; keep one of them")
        elif file:
            try:
                given[field] = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as fault:
                problems.append(f"{name}_FILE names {file!r}, which cannot be read ({type(fault).__name__})")
        elif direct:
            given[field] = direct.strip()
    settings = None
    try:
        settings = Settings.model_validate(given)
    except ValidationError as fault:
        # The value of a secret must not stand in a message, and pydantic would print it.
        for error in fault.errors(include_input=False, include_url=False):
            field = str(error["loc"][0])
            shown = "" if _is_secret(field) else f" is {str(given.get(field))!r};"
            problems.append(f"{variable_of(field)}{shown} {error['msg']}")
    except DashwrightError as fault:
        problems.append(fault.message)
    if settings is not None:
        settings = _across(settings, problems)
    if problems or settings is None:
        raise ConfigError("The settings cannot be used:\n  " + "\n  ".join(problems))
    return settings


def _strongest(sources: Sequence[Mapping[str, str]], name: str) -> tuple[str | None, str | None]:
    """Return `NAME` and `NAME_FILE` of the strongest source that has either; an empty `NAME` unsets weaker ones."""
    for source in sources:
        direct, file = source.get(name), source.get(f"{name}_FILE")
        if direct is not None or file:
            return direct, file
    return None, None


def is_secret(field: str) -> bool:
    """Whether a setting's value must never be shown."""
    return _is_secret(field)


def is_duration(field: str) -> bool:
    """Whether a setting is a time, read from `15s` or from bare seconds."""
    return Seconds.__metadata__[0] in Settings.model_fields[field].metadata  # type: ignore[attr-defined]


def _is_secret(field: str) -> bool:
    return "Secret" in str(Settings.model_fields[field].annotation)


def _across(settings: Settings, problems: list[str]) -> Settings:
    """Check the rules that concern several settings together."""
    if settings.grafana_home is not None and settings.grafana_url is None:
        settings = settings.model_copy(update={"grafana_url": OWN_GRAFANA_URL})
    for name in ("public_url", "render_external_url", "grafana_url", "prometheus_url"):
        url = getattr(settings, name)
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
                problems.append(f"{name.upper()} is {url!r}; it must look like http://host:port or http://host/path")
            elif not _PATH.fullmatch(parts.path) and name in ("public_url", "render_external_url"):
                problems.append(f"{name.upper()} is {url!r}; its path may hold letters, digits and - . _ ~ only")
    if settings.grafana_secret_key and settings.grafana_secret_key.reveal() in _KNOWN_SECRET_KEYS:
        problems.append("GRAFANA_SECRET_KEY is a published default; set a random one, or none to have it made")
    if settings.link_tokens is LinkTokens.DERIVED:
        if settings.secret_key is not None and len(settings.secret_key.reveal()) < SHORTEST_SECRET_KEY:
            problems.append(
                f"SECRET_KEY is shorter than {SHORTEST_SECRET_KEY} characters; with LINK_TOKENS=derived whoever "
                "guesses it opens every link (`openssl rand -base64 32` makes one)"
            )
        missing = [n for n in ("SECRET_KEY", "API_TOKEN") if getattr(settings, n.lower()) is None]
        if missing:
            problems.append(
                f"LINK_TOKENS=derived needs {' and '.join(missing)} from the environment, kept across deploys"
            )
    if settings.supabase_db_host:
        password = quote(settings.supabase_db_password.reveal(), safe="") if settings.supabase_db_password else ""
        by_parts = (
            f"postgresql://{quote(settings.supabase_db_user, safe='')}:{password}"
            f"@{settings.supabase_db_host}:{settings.supabase_db_port}/{settings.supabase_db_name}"
        )
        if settings.database_url is None:
            return settings.model_copy(update={"database_url": Secret(by_parts)})
        if _database(settings.database_url.reveal()) != _database(by_parts):
            problems.append("DATABASE_URL and SUPABASE_DB_* name different databases; keep one of them")
    return settings


def _database(url: str) -> tuple[str, ...]:
    """Return what names a database, whatever its spelling: scheme, host, port, database, user."""
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower().partition("+")[0].replace("postgresql", "postgres")
        host, port = (parts.hostname or "").rstrip("."), parts.port or 5432
    except ValueError:
        return (url,)  # which its own check names
    return (scheme, host, str(port), unquote(parts.path.lstrip("/")), unquote(parts.username or ""))


def _read_env_file(path: Path | None) -> dict[str, str]:
    """Read `NAME=value` lines; `#` begins a comment line, one pair of quotes around a value is taken off."""
    if path is None or not path.is_file():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ConfigError(f"{path.name}, line {number}: {line[:40]!r} is not NAME=value")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[name.strip()] = value
    return found
