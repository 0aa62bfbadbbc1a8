"""The ports our programs ask for: each is tried before anything is started, so that a taken one is named."""

from __future__ import annotations

import errno
import socket
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from backend_server.errors import ConfigError
from backend_server.primitives.ports import port_refused, ports_taken
from backend_server.settings import Settings
from backend_server.settings.topology import behind_edge

from .port_holders import holder_of
from .programs.nginx import grafana_sign_in_port
from .sockets import bind_tcp, listen_addresses, try_port

_LOOPBACK = "127.0.0.1"
_LOOPBACK_NAMES = (_LOOPBACK, "localhost")


@dataclass(frozen=True, slots=True)
class PortClaim:
    """A port that a program is going to listen on, and the setting that names it."""

    host: str
    port: int
    setting: str
    program: str
    remedy: str = ""

    def refused(self, fault: OSError) -> str:
        """Return the message for a port that cannot be had."""
        if fault.errno == errno.EADDRNOTAVAIL or isinstance(fault, socket.gaierror):
            return f"LISTEN is {self.host}, which is not an address of this machine."
        told = port_refused(self.port, self.setting, self.program, fault, remedy=self.remedy)
        return told.replace(" already in use;", f" already in use{_by(self.port)};", 1)


def public_claim(settings: Settings) -> PortClaim:
    """Return the public port's claim: nginx's, or that of `web` where there is none."""
    program = "nginx (the program edge)" if behind_edge(settings) else "web"
    return PortClaim(settings.listen_host, settings.port, "PORT", program)


def edge_claims(settings: Settings) -> list[PortClaim]:
    """Return what nginx listens on."""
    sign_in = grafana_sign_in_port(settings)
    claims = [public_claim(settings)]
    if sign_in:
        program = "nginx (for Grafana's own sign-in page)"
        remedy = "set GRAFANA_PORT to another one, or to 0 for none"
        claims.append(PortClaim(settings.listen_host, sign_in, "GRAFANA_PORT", program, remedy))
    return claims


def all_claims(settings: Settings) -> list[PortClaim]:
    """Return every port that the programs of these settings listen on."""
    claims = edge_claims(settings) if behind_edge(settings) else [public_claim(settings)]
    claims.append(PortClaim(_LOOPBACK, settings.poller_port, "POLLER_PORT", "the poller"))
    if settings.own_grafana:
        remedy = "set GRAFANA_URL to http://127.0.0.1:PORT/grafana with another one"
        claims.append(PortClaim(_LOOPBACK, _port_of(settings.grafana_url, 80), "GRAFANA_URL", "Grafana", remedy))
    if settings.own_prometheus and urlsplit(settings.prometheus_url).hostname in _LOOPBACK_NAMES:
        remedy = "set PROMETHEUS_URL to http://127.0.0.1:PORT with another one"
        claims.append(
            PortClaim(_LOOPBACK, _port_of(settings.prometheus_url, 9090), "PROMETHEUS_URL", "Prometheus", remedy)
        )
    return claims


def check_ports(claims: Sequence[PortClaim]) -> None:
    """Raise ConfigError in one line when ports cannot be had, or when two of our own programs ask for the same."""
    problems = [_asked_for_twice(rivals) for rivals in _by_port(claims).values() if len(rivals) > 1]
    taken: defaultdict[str, list[PortClaim]] = defaultdict(list)
    for claim in claims:
        try:
            for host in listen_addresses(claim.host):
                try_port(host, claim.port)
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                taken[_by(claim.port)].append(claim)
            else:
                problems.append(claim.refused(fault))
    for holder, held in taken.items():
        if len(held) == 1:
            problems.append(held[0].refused(OSError(errno.EADDRINUSE, "")))
        else:
            problems.append(ports_taken([(claim.port, claim.setting) for claim in held], holder))
    if problems:
        raise ConfigError(" ".join(problems))


def wait_for_ports(claims: Sequence[PortClaim]) -> None:
    """Check ports, waiting a little for those that a killed predecessor still holds."""
    for claim in claims:
        for host in listen_addresses(claim.host):
            bind_tcp(host, claim.port, claim.refused).close()


def _by(port: int) -> str:
    holder = holder_of(port)
    return f" by {holder}" if holder else ""


def _by_port(claims: Sequence[PortClaim]) -> dict[int, list[PortClaim]]:
    found: defaultdict[int, list[PortClaim]] = defaultdict(list)
    for claim in claims:
        found[claim.port].append(claim)
    return found


def _asked_for_twice(rivals: Sequence[PortClaim]) -> str:
    programs = " and ".join(f"{claim.program} ({claim.setting})" for claim in rivals)
    return f"Port {rivals[0].port} is asked for by {programs}; set {rivals[-1].setting} to another one."


def _port_of(url: str | None, default: int) -> int:
    return urlsplit(url or "").port or default
