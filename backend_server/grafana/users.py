"""Grafana's three fixed users, one for each of our roles: a person's own name never reaches Grafana as an identity."""

from __future__ import annotations

from backend_server.accounts.model import GRAFANA_USERS

from .client import GrafanaClient


def ensure_three_users(grafana: GrafanaClient) -> None:
    """Ensure one user for each of our roles; nothing is written when it is so. Raises UpstreamError."""
    for role, login in GRAFANA_USERS.items():
        grafana.ensure_user(login, role.value.capitalize())
