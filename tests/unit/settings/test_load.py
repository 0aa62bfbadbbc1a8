"""Reading the settings: every fault told at once, by its variable, never with a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from backend_server.cli.settings import settings_page
from backend_server.errors import ConfigError
from backend_server.settings import LinkTokens, LogFormat, Settings, load_settings
from backend_server.settings.load import is_secret
from backend_server.settings.table import documented_fields


def test_nothing_given_is_the_table() -> None:
    assert load_settings({}) == Settings()


def test_values_are_read_by_name_and_foreign_ones_passed_over() -> None:
    settings = load_settings({"PORT": " 8080 ", "STALE_AFTER": "2m", "LOG_FORMAT": "json", "EDGE": "false", "X": "y"})
    assert (settings.port, settings.stale_after, settings.log_format, settings.edge) == (
        8080,
        120.0,
        LogFormat.JSON,
        False,
    )


def test_an_empty_variable_is_an_unset_one() -> None:
    assert load_settings({"PORT": ""}).port == Settings().port


@pytest.mark.parametrize("field", documented_fields())
def test_every_setting_may_come_from_a_file_but_not_from_both(tmp_path: Path, field: Any) -> None:
    name, file = field.upper(), tmp_path / "value"
    file.write_text("x\n")
    with pytest.raises(ConfigError, match=f"{name} and {name}_FILE are both set"):
        load_settings({name: "y", f"{name}_FILE": str(file)})


def test_a_file_is_read_without_its_last_newline(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("geheim\n")
    assert load_settings({"SECRET_KEY_FILE": str(file)}).secret_key.reveal() == "geheim"
    with pytest.raises(ConfigError, match="SECRET_KEY_FILE names"):
        load_settings({"SECRET_KEY_FILE": str(tmp_path / "nothing")})


def test_all_faults_are_told_at_once_with_what_would_be_right() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"PORT": "80a", "DELETION_BREAKER": "2", "LINK_TOKENS": "maybe", "POLL_INTERVAL": "soon"})
    for name, value in (
        ("PORT", "80a"),
        ("DELETION_BREAKER", "2"),
        ("LINK_TOKENS", "maybe"),
        ("POLL_INTERVAL", "soon"),
    ):
        assert f"{name} is {value!r}" in caught.value.message


@pytest.mark.parametrize(
    ("word", "wanted"), [("False", "false"), ("no", "false"), ("OFF", "false"), ("Yes", "true"), ("Wall", "wall")]
)
def test_whether_devices_are_shared_is_read_in_every_usual_spelling(word: str, wanted: str) -> None:
    assert load_settings({"SHARE_DEFAULT": word}).share_default == wanted


def test_a_typing_error_shares_nothing() -> None:
    with pytest.raises(ConfigError, match=r"SHARE_DEFAULT.*'flase'; it must be true, false or a profile's name"):
        load_settings({"SHARE_DEFAULT": "flase"})


def test_secrets_are_never_shown() -> None:
    secrets = {field: "hidden-word" for field in Settings.model_fields if is_secret(field)}
    assert {"database_url", "admin_password", "api_token", "secret_key", "fernet_keys", "grafana_token"} <= set(secrets)
    settings = load_settings({field.upper(): value for field, value in secrets.items()})
    assert "hidden-word" not in repr(settings)
    with pytest.raises(ConfigError) as caught:
        load_settings({**{field.upper(): value for field, value in secrets.items()}, "PORT": "x"})
    assert "hidden-word" not in str(caught.value)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(), "port", 1)  # noqa: B010  # an assignment that mypy refuses as well


@pytest.mark.parametrize("name", ["PUBLIC_URL", "GRAFANA_URL", "PROMETHEUS_URL"])
@pytest.mark.parametrize("value", ["host:80", "ftp://h", "http://", "http://h/?q=1"])
def test_addresses_are_checked(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} is"):
        load_settings({name: value})


def test_derived_tokens_need_what_outlives_a_deploy() -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY and API_TOKEN"):
        load_settings({"LINK_TOKENS": "derived"})
    found = load_settings({"LINK_TOKENS": "derived", "SECRET_KEY": "k" * 32, "API_TOKEN": "t" * 32})
    assert found.link_tokens is LinkTokens.DERIVED


def test_a_published_grafana_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="published default"):
        load_settings({"GRAFANA_SECRET_KEY": "SW2YcwTIb9zpOOhoPsMm"})


def test_a_database_by_parts_becomes_its_url() -> None:
    parts = {"SUPABASE_DB_HOST": "db.example.com", "SUPABASE_DB_USER": "a@b", "SUPABASE_DB_PASSWORD": "p:/w"}
    assert load_settings(parts).database_url.reveal() == "postgresql://a%40b:p%3A%2Fw@db.example.com:5432/postgres"
    with pytest.raises(ConfigError, match="different databases"):
        load_settings({**parts, "DATABASE_URL": "postgresql://x@elsewhere/y"})


def test_the_env_file_is_weaker_than_the_environment(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# a comment\n\nexport PORT=8080\nLISTEN='0.0.0.0'\nLOG_LEVEL=DEBUG\n")
    settings = load_settings({"PORT": "9090"}, env_file=file)
    assert (settings.port, settings.listen, settings.log_level) == (9090, "0.0.0.0", "DEBUG")
    assert load_settings({}, env_file=Path("/nowhere/.env")) == Settings()
    file.write_text("PORT 8080\n")
    with pytest.raises(ConfigError, match=r"line 1: 'PORT 8080'"):
        load_settings({}, env_file=file)


def test_what_follows_from_others() -> None:
    assert load_settings({}).listen_host == "127.0.0.1"
    assert load_settings({"ADMIN_PASSWORD": "x" * 12}).listen_host == "::"
    assert load_settings({"GRAFANA_URL": "http://127.0.0.1:3300/grafana"}).grafana_origin == "http://127.0.0.1:3300"
    assert load_settings({"RENDER_EXTERNAL_URL": "https://x.example.com/"}).base_url == "https://x.example.com"
    assert load_settings({"GRAFANA_ADMIN_USER": "root"}).proxy_user == "root"


@pytest.mark.parametrize(
    ("home", "url", "used", "own"),
    [
        ("/grafana", "", "http://127.0.0.1:3300/grafana", True),
        ("/grafana", "http://127.0.0.1:3300/grafana", "http://127.0.0.1:3300/grafana", True),
        ("/grafana", "http://localhost:3999/grafana/", "http://localhost:3999/grafana/", True),
        ("/grafana", "http://grafana.example:3000/grafana", "http://grafana.example:3000/grafana", False),
        ("/grafana", "https://127.0.0.1/grafana", "https://127.0.0.1/grafana", False),
        ("/grafana", "http://127.0.0.1:3000", "http://127.0.0.1:3000", False),
        ("", "http://127.0.0.1:3300/grafana", "http://127.0.0.1:3300/grafana", False),
        ("", "", None, False),
    ],
)
def test_a_grafana_of_our_own_is_run_only_when_we_talk_to_it(home: str, url: str, used: str | None, own: bool) -> None:
    settings = load_settings({"GRAFANA_HOME": home, "GRAFANA_URL": url})
    assert (settings.grafana_url, settings.own_grafana) == (used, own)


@pytest.mark.parametrize(
    ("listen", "base"),
    [
        ("0.0.0.0", "http://127.0.0.1:5109"),
        ("::", "http://127.0.0.1:5109"),
        ("localhost", "http://127.0.0.1:5109"),
        ("192.0.2.7", "http://192.0.2.7:5109"),
        ("2001:db8::7", "http://[2001:db8::7]:5109"),
        ("", "http://127.0.0.1:5109"),
    ],
)
def test_where_the_machine_asks_its_own_service(listen: str, base: str) -> None:
    assert load_settings({"LISTEN": listen}).own_base == base


@pytest.mark.parametrize(
    ("url", "base", "path"),
    [
        ("https://host/dash/", "https://host/dash", "/dash"),
        ("https://host/a/b-1", "https://host/a/b-1", "/a/b-1"),
        ("https://host/", "https://host", ""),
        ("https://host", "https://host", ""),
    ],
)
def test_the_path_that_a_frontend_proxies(url: str, base: str, path: str) -> None:
    settings = load_settings({"PUBLIC_URL": url})
    assert (settings.base_url, settings.base_path) == (base, path)


@pytest.mark.parametrize("path", ["/a;b", "/a b", "/../x", "/a//b", "/%2e", "/."])
def test_a_path_that_no_cookie_can_be_kept_for_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match=r"PUBLIC_URL is .* its path may hold letters, digits"):
        load_settings({"PUBLIC_URL": f"https://host{path}"})


@pytest.mark.parametrize(
    ("text", "seconds"), [("5", 5.0), ("0.5", 0.5), ("15s", 15.0), ("1m30s", 90.0), ("200ms", 0.2), (" 7 ", 7.0)]
)
def test_a_time_may_be_bare_seconds(text: str, seconds: float) -> None:
    assert load_settings({"PROMETHEUS_TIMEOUT": text}).prometheus_timeout == seconds


@pytest.mark.parametrize("text", ["-5", "5.", "1e3", "٥", "soon", "5 s"])
def test_a_time_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r"PROMETHEUS_TIMEOUT is .* is not a duration"):
        load_settings({"PROMETHEUS_TIMEOUT": text})


def test_every_default_that_the_settings_page_shows_is_taken() -> None:
    shown = re.findall(r"^\| `(\w+)` \| .* \| `(.*)` \|$", settings_page(), re.MULTILINE)
    assert len(shown) > 20
    without = load_settings({})
    for name, default in shown:
        assert getattr(load_settings({name: default}), name.lower()) == getattr(without, name.lower()), name


PARTS = {"SUPABASE_DB_HOST": "db.example.com", "SUPABASE_DB_USER": "a@b", "SUPABASE_DB_PASSWORD": "p:/w"}


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("postgresql://a%40b:p%3A%2Fw@db.example.com:5432/postgres", True),
        ("postgres://a%40b:p%3A%2fw@db.example.com/postgres", True),
        ("postgresql+psycopg://a%40b@DB.Example.com/postgres?sslmode=require", True),
        ("postgresql://a%40b:p@db.example.com:6543/postgres", False),
        ("postgresql://other:p@db.example.com/postgres", False),
        ("postgresql://a%40b:p@db.example.com/other", False),
        ("postgresql://a%40b:p@db.example.com:port/postgres", False),
        ("sqlite:///x.db", False),
    ],
)
def test_one_database_in_two_spellings_is_one(url: str, same: bool) -> None:
    if same:
        assert load_settings({**PARTS, "DATABASE_URL": url}).database_url.reveal() == url
    else:
        with pytest.raises(ConfigError, match="different databases"):
            load_settings({**PARTS, "DATABASE_URL": url})


def test_derived_tokens_want_a_key_that_nobody_guesses() -> None:
    derived = {"LINK_TOKENS": "derived", "API_TOKEN": "t" * 32}
    with pytest.raises(ConfigError, match="SECRET_KEY is shorter than 32 characters") as caught:
        load_settings({**derived, "SECRET_KEY": "hunter2hunter2hunter2"})
    assert "hunter2" not in caught.value.message
    assert load_settings({**derived, "SECRET_KEY": "k" * 32}).secret_key is not None
    assert load_settings({"SECRET_KEY": "short"}).secret_key is not None, "a start elsewhere only warns"


def test_a_stronger_source_wins_whichever_way_it_gives_a_value(tmp_path: Path) -> None:
    file, env, defaults = (tmp_path / name for name in ("value", "env", "defaults"))
    file.write_text("127.0.0.9\n")
    env.write_text("GRAFANA_DOMAIN=env\nPORT=6000\n")
    defaults.write_text(f"LISTEN=0.0.0.0\nGRAFANA_DOMAIN=default\nGRAFANA_HOME=/image\nADMIN_USER_FILE={file}\n")

    def load(**environment: Any) -> Any:
        return load_settings(environment, env_file=env, defaults_file=defaults)

    assert (load().listen, load().grafana_domain, load().admin_user) == ("0.0.0.0", "env", "127.0.0.9")
    assert load(LISTEN_FILE=str(file)).listen == "127.0.0.9"
    assert load(ADMIN_USER="ann").admin_user == "ann"
    assert load(GRAFANA_HOME="").grafana_home is None, "an empty one unsets"
    assert load(PORT_FILE="").port == 6000
    with pytest.raises(ConfigError, match="LISTEN and LISTEN_FILE are both set"):
        load(LISTEN="::", LISTEN_FILE=str(file))


def test_what_starts_a_program_says_where_it_runs_and_stands_in_no_documentation(tmp_path: Path) -> None:
    given = {"SUPERVISOR_ENABLED": "1", "DASHWRIGHT_RUN": str(tmp_path), "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    settings = load_settings(given)
    assert (settings.runtime_supervised, settings.runtime_folder, settings.runtime_kubernetes) == (
        True,
        tmp_path,
        "10.0.0.1",
    )
    assert not [name for name in documented_fields() if name.startswith("runtime_")]
    assert load_settings({"RUNTIME_SUPERVISED": "1"}) == Settings()
