"""`METRICS_TOKEN`: what a Prometheus on another machine reads with."""

from __future__ import annotations

import pytest

from backend_server.accounts import Scope, hash_api_token
from backend_server.accounts.metrics_tokens import ensure_metrics_token, is_known, make_scrape_token
from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.accounts import SqlAccounts


def test_it_may_read_metrics_and_targets_only_and_a_changed_one_replaces_it(store: Store) -> None:
    accounts = SqlAccounts(store)
    for text in ("a-first-token-of-metrics", "a-first-token-of-metrics", "another-token-of-metrics"):
        ensure_metrics_token(Secret(text), accounts)
        good = [token for token in accounts.tokens() if token.revoked_at is None]
        assert [token.hash for token in good] == [hash_api_token(text)]
        assert good[0].scopes == {Scope.METRICS_READ, Scope.DEVICES_READ}


def test_none_and_a_short_one(store: Store) -> None:
    accounts = SqlAccounts(store)
    ensure_metrics_token(None, accounts)
    assert accounts.tokens() == []
    with pytest.raises(ConfigError, match="METRICS_TOKEN is shorter than 16 characters"):
        ensure_metrics_token(Secret("short"), accounts)


def test_our_own_prometheus_has_one_token_at_a_time(store: Store) -> None:
    accounts = SqlAccounts(store)
    first, second = make_scrape_token(accounts), make_scrape_token(accounts)
    assert (is_known(first, accounts), is_known(second, accounts)) == (False, True)
