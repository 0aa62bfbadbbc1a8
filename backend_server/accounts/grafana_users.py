"""Grafana's three fixed users, one for each of our roles: a person's own name never reaches Grafana as an identity."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Role

GRAFANA_USERS: Mapping[Role, str] = {role: f"dashwright-{role.value}" for role in Role}
