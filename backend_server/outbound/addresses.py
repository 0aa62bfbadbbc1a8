"""What kind of place an IP address is, whatever it is wrapped in.

An address that carries another one (IPv4-mapped, NAT64, 6to4, ISATAP) is judged by both, since the packet ends at the
inner one. What is not plainly public or plainly private is refused.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Place(StrEnum):
    """Where an address leads."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link-local"
    METADATA = "a cloud's metadata service"
    OWN = "this machine's own"
    SPECIAL = "reserved"


_PRIVATE = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
# Metadata and host agents, most of them outside link-local space: AWS (both), Alibaba, Azure's wire server, Oracle.
_METADATA = tuple(
    ip_network(text)
    for text in ("169.254.169.254/32", "fd00:ec2::254/128", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32")
)
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_IPV4_COMPATIBLE = IPv6Network("::/96")
_TEREDO = IPv6Network("2001::/32")
_ISATAP_MARKS = (0x00005EFE, 0x02005EFE)

# The worse comes first: of an outer and an inner address the worse one counts.
_WORST_FIRST = (
    Place.METADATA,
    Place.LOOPBACK,
    Place.OWN,
    Place.LINK_LOCAL,
    Place.SPECIAL,
    Place.PRIVATE,
    Place.PUBLIC,
)


def layers(address: Address) -> tuple[Address, ...]:
    """Return the address and every address it carries inside."""
    found: list[Address] = [address]
    if isinstance(address, IPv6Address):
        low = IPv4Address(int(address) & 0xFFFFFFFF)
        if address.ipv4_mapped is not None:
            return (address.ipv4_mapped,)
        if any(address in network for network in _NAT64):
            return (low,)
        if address.sixtofour is not None:
            found.append(address.sixtofour)
        elif address in _IPV4_COMPATIBLE and int(address) > 1:
            found.append(low)
        if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP_MARKS:
            found.append(low)
    return tuple(found)


def place_of(address: Address, own: Collection[Address] = ()) -> Place:
    """Return where the address leads; of several layers the worst counts."""
    places = {_place_of_one(layer, own) for layer in layers(address)}
    return next(place for place in _WORST_FIRST if place in places)


def _place_of_one(address: Address, own: Collection[Address]) -> Place:
    if any(address in network for network in _METADATA if network.version == address.version):
        return Place.METADATA
    if address.is_loopback or address.is_unspecified:
        return Place.LOOPBACK  # the unspecified address connects to this machine
    if address in own:
        return Place.OWN
    if address.is_link_local:
        return Place.LINK_LOCAL
    if isinstance(address, IPv6Address) and (address in _TEREDO or address.is_site_local):
        return Place.SPECIAL
    if any(address in network for network in _PRIVATE if network.version == address.version):
        return Place.PRIVATE
    if address.is_global and not address.is_multicast:
        return Place.PUBLIC
    return Place.SPECIAL
