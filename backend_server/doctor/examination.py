"""One examination: every probe that can be made from here, then the rules."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from backend_server.settings import Settings

from .catalogue import Finding, in_order
from .facts import Clocks, Facts
from .folder_probe import look_at_files
from .grafana_probe import look_at_grafana
from .inside import look_at_settings, look_at_state
from .outside import look_outside
from .rules import diagnose


def examine_outside(url: str, *, user: str = "admin") -> tuple[Finding, ...]:
    """Examine a deployment from outside alone; returns the findings, the worst first."""
    outside, ahead = look_outside(url, user=user)
    return diagnose(Facts(outside=outside, clocks=_clocks({"the service": ahead})))


def examine(
    settings: Settings, *, provisioning: Path | None = None, addresses: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Examine the deployment of these settings on its own machine; returns the findings, the worst first.

    `provisioning` is Grafana's provisioning folder, by default the one `run` makes when it starts a Grafana.
    `addresses` are tried besides loopback, by default this machine's own.
    """
    not_looked_at: list[str] = []
    state, database_ahead = look_at_state(settings)
    ahead: dict[str, float | None] = {"the database": database_ahead}
    grafana = None
    if settings.grafana_url is not None:
        token = settings.grafana_token.reveal() if settings.grafana_token else None
        grafana, ahead["Grafana"] = look_at_grafana(
            settings.grafana_url,
            user=settings.proxy_user,
            token=token,
            addresses=addresses,
            database=settings.database_url.reveal() if settings.database_url else None,
        )
        if grafana.answers and grafana.ini is None:
            not_looked_at.append("Grafana's settings: it shows them to a server administrator alone.")
    if provisioning is None and settings.own_grafana:
        provisioning = settings.own_provisioning
    if provisioning is None and settings.grafana_url is not None:
        not_looked_at.append("Grafana's provider file: name its provisioning folder with --provisioning.")
    files = look_at_files(
        settings.dashboards_dir, with_grafana=settings.grafana_url is not None, provisioning=provisioning
    )
    outside, ahead["the service"] = look_outside(settings.own_base, user=settings.proxy_user, itself=True)
    facts = Facts(look_at_settings(settings), state, files, grafana, outside)
    findings = list(diagnose(facts))
    if settings.base_url is not None:
        public, ahead["the public address"] = look_outside(settings.base_url, user=settings.proxy_user)
        if public.problem is None:
            findings += diagnose(Facts(outside=public))
        else:
            not_looked_at.append(
                f"{settings.base_url} cannot be reached from this machine; run `dashwright doctor --url "
                f"{settings.base_url}` on another one."
            )
    findings += diagnose(Facts(clocks=_clocks(ahead), not_looked_at=tuple(not_looked_at)))
    return in_order(findings)


def _clocks(ahead: dict[str, float | None]) -> Clocks:
    return Clocks({name: seconds for name, seconds in ahead.items() if seconds is not None})
