"""What Grafana is shipped with: settings that carry the promises, constant providers, one default datasource."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
import yaml

from backend_server.primitives.shipped import shipped
from tests.fakes.grafana import FakeGrafana
from tests.fakes.grafana.providers import read_datasources, read_providers

PROVISIONING = shipped("config", "grafana", "provisioning")


@pytest.fixture(scope="module")
def ini() -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None)
    # Grafana's files begin without a section.
    found.read_string("[global]\n" + shipped("config", "grafana", "grafana.ini").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("server", "http_addr", "127.0.0.1"),
        ("server", "http_port", "3300"),
        ("server", "serve_from_sub_path", "true"),
        ("server", "enforce_domain", "false"),
        ("database", "wal", "true"),
        ("database", "query_retries", "3"),
        ("security", "csrf_always_check", "true"),
        ("security", "allow_embedding", "true"),
        ("security", "content_security_policy", "true"),
        ("security", "disable_gravatar", "true"),
        ("auth.proxy", "enabled", "true"),
        ("auth.proxy", "header_name", "X-WEBAUTH-USER"),
        ("auth.proxy", "auto_sign_up", "false"),
        ("auth.proxy", "whitelist", "127.0.0.1/32"),
        ("auth.proxy", "headers", ""),
        ("auth.proxy", "sync_ttl", "0"),
        ("auth.anonymous", "enabled", "false"),
        ("auth.anonymous", "hide_version", "true"),
        ("users", "allow_sign_up", "false"),
        ("dashboards", "min_refresh_interval", "5s"),
        ("public_dashboards", "enabled", "true"),
        ("snapshots", "external_enabled", "false"),
        ("snapshots", "public_mode", "false"),
        ("analytics", "reporting_enabled", "false"),
        ("analytics", "check_for_updates", "false"),
        ("analytics", "check_for_plugin_updates", "false"),
        ("news", "news_feed_enabled", "false"),
        ("plugins", "plugin_admin_enabled", "false"),
        ("plugins", "preinstall_disabled", "true"),
        ("plugins", "public_key_retrieval_disabled", "true"),
        ("feature_toggles", "sqlExpressions", "false"),
        # Only in the file: the environment variable has no effect.
        ("classic_provisioning", "dashboards_server_lock_max_interval_seconds", "3"),
    ],
)
def test_a_setting_that_carries_a_promise(ini: configparser.ConfigParser, section: str, key: str, value: str) -> None:
    assert ini[section][key] == value


def test_values_of_the_installation_come_from_the_environment(ini: configparser.ConfigParser) -> None:
    found = {
        f"{section}.{key}": value for section in ini.sections() for key, value in ini[section].items() if "$" in value
    }
    assert found == {
        "paths.data": "$__env{GRAFANA_DATA_DIR}",
        "paths.logs": "$__env{GRAFANA_DATA_DIR}/log",
        "paths.plugins": "$__env{GRAFANA_DATA_DIR}/plugins",
        "paths.provisioning": "$__env{GRAFANA_PROVISIONING_DIR}",
        "server.domain": "$__env{GRAFANA_DOMAIN}",
        "server.root_url": "$__env{GRAFANA_ROOT_URL}",
        "security.admin_user": "$__env{GRAFANA_ADMIN_USER}",
        "security.admin_password": "$__env{GRAFANA_ADMIN_PASSWORD}",
        "security.secret_key": "$__env{GRAFANA_SECRET_KEY}",
        "security.data_source_proxy_whitelist": "$__env{GRAFANA_DATASOURCE_HOSTS}",
        "metrics.basic_auth_password": "$__env{GRAFANA_METRICS_PASSWORD}",
    }


def test_every_variable_of_the_settings_is_documented(ini: configparser.ConfigParser) -> None:
    page = (Path(__file__).parents[3] / "docs" / "grafana.md").read_text(encoding="utf-8")
    texts = [value for section in ini.sections() for value in ini[section].values()]
    texts += [file.read_text(encoding="utf-8") for file in PROVISIONING.rglob("*.yml")]
    names = {name for text in texts for name in re.findall(r"\$(?:__env\{)?([A-Z_]{4,})", text)} - {"NAME"}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_providers_are_the_constants_that_the_writer_knows() -> None:
    providers = read_providers(PROVISIONING, {"DASHBOARDS_DIR": "/var/lib/grafana/dashboards"})
    names = [f"shard-{number:02d}" for number in range(32)] + ["packs"]
    assert [one.name for one in providers] == names
    for one in providers:
        assert str(one.path) == f"/var/lib/grafana/dashboards/{one.name}"
        assert (one.disable_deletion, one.allow_ui_updates) == (True, False)
        assert (one.folder, one.folder_uid) == ("", "")
        assert one.interval_seconds == 15
        assert not one.watches
        assert one.from_structure is (one.name == "packs")


def test_the_provider_yaml_is_the_only_file_for_dashboards() -> None:
    assert [file.name for file in (PROVISIONING / "dashboards").iterdir()] == ["dashboard.yml"]


def test_datasources_are_proxied_and_only_prometheus_is_the_default() -> None:
    values = {
        "PROMETHEUS_URL": "http://127.0.0.1:9090",
        "SUPABASE_DB_HOST": "db.example",
        "SUPABASE_DB_PORT": "5432",
        "SUPABASE_DB_NAME": "postgres",
        "SUPABASE_DB_SSLMODE": "require",
    }
    prometheus, supabase = read_datasources(PROVISIONING, values)
    assert (prometheus.name, prometheus.uid, prometheus.is_default) == ("Prometheus", "prometheus", True)
    assert prometheus.url == "http://127.0.0.1:9090"
    assert prometheus.json_data["timeInterval"] == "5s"
    assert (supabase.name, supabase.is_default) == ("VirtualPyTest PostgreSQL", False)
    assert supabase.type == "grafana-postgresql-datasource"
    assert (supabase.url, supabase.json_data["sslmode"]) == ("db.example:5432", "require")
    assert supabase.json_data["maxOpenConns"] == 5
    assert {prometheus.access, supabase.access} == {"proxy"}
    assert len(supabase.uid) <= 40


def test_a_password_with_a_dollar_is_not_damaged() -> None:
    content = yaml.safe_load((PROVISIONING / "datasources" / "supabase.yml").read_text(encoding="utf-8"))
    password = content["datasources"][0]["secureJsonData"]["password"]
    # The bare form: `${NAME}` and `$__env{NAME}` are expanded a second time.
    assert password == "$SUPABASE_DB_PASSWORD"


def test_grafana_starts_with_what_is_shipped(tmp_path: Path) -> None:
    for number in range(32):
        (tmp_path / f"shard-{number:02d}").mkdir()
    (tmp_path / "packs").mkdir()
    with FakeGrafana(PROVISIONING, environment={"DASHBOARDS_DIR": str(tmp_path)}, polling=False) as fake:
        assert fake.log == []
        assert set(fake.datasources) == {"prometheus", "virtualpytest-postgresql"}
