"""The guard for outgoing requests: a URL goes in, addresses that may be connected to come out.

The caller connects to exactly these addresses, so a name that resolves to something else a moment later (DNS
rebinding) changes nothing. What the operator set in the environment is allowed as it stands.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from backend_server.errors import ConfigError, InputError

from .addresses import Address, AddressKind, Network, kind_of_address, layers
from .own import own_addresses

_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
# What inet_aton would read as a number in decimal, octal or hex: only four plain decimal parts are an address here.
_NUMBER_LIKE = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)")
_OWN_ADDRESSES_KEPT_SECONDS = 30.0
_RESOLVE_SECONDS = 5.0


class Purpose(StrEnum):
    """Who asks for the request."""

    OPERATOR = "operator"  # set in the environment: allowed as it stands
    DATASOURCE = "datasource"
    DEVICE = "device"
    WEBHOOK = "webhook"


class AddressRefused(InputError):
    """The address may not be reached, or cannot be understood (400)."""

    code = "address_refused"


@dataclass(frozen=True, slots=True)
class PermittedAddress:
    """A checked URL. `addresses` are the only ones to connect to; empty means the operator set it: resolve as usual."""

    url: str
    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _AllowedService:
    host: str
    port: int


Resolve = Callable[[str, int], Sequence[str]]


class OutboundGuard:
    """Decides by the resolved address; `allow` is OUTBOUND_ALLOW: a comma list of host:port, addresses or networks."""

    def __init__(
        self,
        allow: str = "",
        *,
        resolve: Resolve | None = None,
        own: Callable[[], Collection[Address]] = own_addresses,
    ) -> None:
        self._services, self._networks = _parse_allow(allow)
        self._resolve = resolve or resolve_within
        self._read_own = own
        self._own: Collection[Address] = ()
        self._own_until = 0.0

    def check(self, url: str, purpose: Purpose) -> PermittedAddress:
        """Check a URL before anything is sent; raises AddressRefused saying why and what would make it allowed."""
        scheme, host, port = split_url(url)
        if purpose is Purpose.OPERATOR:
            return PermittedAddress(url, scheme, host, port, ())
        literal = _literal(host)
        if literal is not None:
            candidates: tuple[Address, ...] = (literal,)
        else:
            candidates = self._addresses_of(host, port)
        for address in candidates:
            self._require(address, host, port, purpose)
        return PermittedAddress(url, scheme, host, port, tuple(str(address) for address in candidates))

    def _addresses_of(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            texts = self._resolve(host, port)
        except OSError as fault:
            raise AddressRefused(
                f"The name {host!r} cannot be resolved; check its spelling and this machine's DNS."
            ) from fault
        found = tuple(dict.fromkeys(ip_address(text.partition("%")[0]) for text in texts))
        if not found:
            raise AddressRefused(f"The name {host!r} has no address.")
        return found

    def _require(self, address: Address, host: str, port: int, purpose: Purpose) -> None:
        if self._is_listed(address, host, port):
            return
        kind = kind_of_address(address, self._own_addresses())
        if kind is AddressKind.PUBLIC or (kind is AddressKind.PRIVATE and purpose is not Purpose.WEBHOOK):
            return
        raise AddressRefused(
            f"{host!r} leads to {kind} address space, which a {purpose} may not reach; "
            "the operator can list host:port or the network in OUTBOUND_ALLOW.",
            details={"host": host, "port": port, "place": kind.value},
        )

    def _is_listed(self, address: Address, host: str, port: int) -> bool:
        inner = layers(address)
        for service in self._services:
            if service.port == port and (
                service.host == host or service.host in {str(layer) for layer in (address, *inner)}
            ):
                return True
        return all(any(layer in network for network in self._networks) for layer in inner)

    def _own_addresses(self) -> Collection[Address]:
        now = time.monotonic()
        if now >= self._own_until:
            self._own, self._own_until = self._read_own(), now + _OWN_ADDRESSES_KEPT_SECONDS
        return self._own


def split_url(url: str) -> tuple[str, str, int]:
    """Return a URL's scheme, host (lower case, an IPv6 without brackets) and port; refuses whatever is ambiguous."""
    if len(url) > 2048 or any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in url):
        raise AddressRefused(
            "The URL holds blanks, control characters or backslashes, or is longer than 2048 characters."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise AddressRefused("The URL cannot be read; write e.g. http://host:9090.") from fault
    if parts.scheme not in ("http", "https"):
        raise AddressRefused(f"The scheme {parts.scheme[:20]!r} cannot be used; only http and https can.")
    if "@" in parts.netloc:
        raise AddressRefused("The URL holds a user name or password; give them in their own fields.")
    host = (parts.hostname or "").lower()
    if "%" in host:
        raise AddressRefused("The host holds a zone id or an escape; write the plain address or name.")
    if not host.isascii():
        # Unicode digits and dots turn into plain ones on the way to the resolver: judge what would be asked for.
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError as fault:
            raise AddressRefused("The host is not a valid internationalised name.") from fault
    host = host.removesuffix(".")
    if not host or not (":" in host or _HOST_NAME.fullmatch(host)):
        raise AddressRefused(f"The host {host[:80]!r} is not a name or address.")
    if port == 0:
        raise AddressRefused("Port 0 cannot be used.")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)


def is_literal(url: str) -> bool:
    """Whether no name has to be resolved to check a URL: its host is an address, or it is refused as it stands."""
    try:
        return _literal(split_url(url)[1]) is not None
    except AddressRefused:
        return True


def _literal(host: str) -> Address | None:
    """Read the host as an address; refuses spellings that other programs would read as one and this one would not."""
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except ValueError as fault:
        if ":" in host or _NUMBER_LIKE.fullmatch(host):
            raise AddressRefused(
                f"{host!r} is an odd spelling of an address; write it as 192.0.2.7 or [2001:db8::7]."
            ) from fault
        return None


def resolve_within(host: str, port: int, seconds: float = _RESOLVE_SECONDS) -> Sequence[str]:
    """Ask the system's resolver, which has no deadline of its own, for at most `seconds`; raises OSError."""
    answer: list[Sequence[str] | OSError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.append([str(socket_address[0]) for *_, socket_address in found])
        except OSError as fault:
            answer.append(fault)
        except UnicodeError:
            answer.append(OSError("not a name"))

    asking = threading.Thread(target=ask, name="resolve", daemon=True)
    asking.start()
    asking.join(seconds)
    if not answer:
        raise TimeoutError(f"no answer within {seconds:g} s")
    if isinstance(answer[0], OSError):
        raise answer[0]
    return answer[0]


def _parse_allow(allow: str) -> tuple[tuple[_AllowedService, ...], tuple[Network, ...]]:
    services: list[_AllowedService] = []
    networks: list[Network] = []
    for entry in (part.strip().lower() for part in allow.split(",")):
        if not entry:
            continue
        try:
            networks.append(ip_network(entry))
            continue
        except ValueError:
            host, colon, port = entry.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        known = bool(_HOST_NAME.fullmatch(host)) or _is_address(host)
        if not colon or not known or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigError(
                f"OUTBOUND_ALLOW holds {entry!r}; each must be host:port, an address or a network, e.g. 10.1.0.0/16."
            )
        services.append(_AllowedService(host, int(port)))
    return tuple(services), tuple(networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
