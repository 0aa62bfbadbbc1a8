"""`METRICS_TOKEN`: what a Prometheus on another machine reads with."""

from __future__ import annotations

import pytest

from backend_server.accounts import Scope, hash_api_token
from backend_server.errors import ConfigError
from backend_server.primitives.secret import Secret
from backend_server.runtime.programs.prometheus import keep_metrics_token
from backend_server.settings import Settings
from backend_server.storage.engine.store import Store
from backend_server.storage.tables.accounts import SqlAccounts


def test_it_may_read_metrics_and_targets_only_and_a_changed_one_replaces_it(store: Store, settings: Settings) -> None:
    accounts = SqlAccounts(store)
    for text in ("a-first-token-of-metrics", "a-first-token-of-metrics", "another-token-of-metrics"):
        keep_metrics_token(settings.model_copy(update={"metrics_token": Secret(text)}), store)
        good = [token for token in accounts.tokens() if token.revoked_at is None]
        assert [token.hash for token in good] == [hash_api_token(text)]
        assert good[0].scopes == {Scope.METRICS_READ, Scope.DEVICES_READ}


def test_none_and_a_short_one(store: Store, settings: Settings) -> None:
    keep_metrics_token(settings, store)
    assert SqlAccounts(store).tokens() == []
    with pytest.raises(ConfigError, match="METRICS_TOKEN is shorter than 16 characters"):
        keep_metrics_token(settings.model_copy(update={"metrics_token": Secret("short")}), store)
