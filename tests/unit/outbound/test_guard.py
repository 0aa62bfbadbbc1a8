"""Which addresses may be reached, by whom, in whatever spelling."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from backend_server.errors import ConfigError
from backend_server.outbound import AddressRefused, OutboundGuard, Purpose
from backend_server.outbound.guard import resolve_within
from backend_server.outbound.own import own_addresses, parse_ipv4_table, parse_ipv6_table

NAMES = {
    "public.example": ["93.184.215.14"],
    "lan.example": ["192.168.1.20"],
    "sneaky.example": ["127.0.0.1"],
    "mixed.example": ["93.184.215.14", "169.254.169.254"],
    "meta.example": ["fd00:ec2::254"],
    "own.example": ["203.0.114.9"],
    "scoped.example": ["fe80::1%eth0"],
    "localhost": ["127.0.0.1"],
    "none.example": [],
}


def resolve(host: str, port: int) -> list[str]:
    if host not in NAMES:
        raise OSError("unknown")
    return NAMES[host]


def guard(allow: str = "") -> OutboundGuard:
    return OutboundGuard(allow, resolve=resolve, own=lambda: [ip_address("203.0.114.9"), ip_address("192.168.1.99")])


HOSTILE = [
    "http://127.0.0.1/",
    "http://127.0.0.1:9090/",
    "http://127.9.8.7/",
    "http://0.0.0.0/",
    "http://0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.1./",
    "http://127.0.0.01/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[::ffff:0:7f00:1]:8113/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "http://[2001:db8::5efe:127.0.0.1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[fd00:ec2::254]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.1.1/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://192.0.2.1/",
    "http://203.0.114.9/",
    "http://192.168.1.99/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://sneaky.example/",
    "http://mixed.example/",
    "http://meta.example/",
    "http://own.example/",
    "http://scoped.example/",
    "http://unknown.example/",
    "http://none.example/",
    "http://public.example@127.0.0.1/",
    "http://127.0.0.1@public.example/",
    "http://public.example\\@127.0.0.1/",
    "http://public.example /",
    "http://public.example\n/",
    "http://pub\tlic.example/",
    "http://%31%32%37.0.0.1/",
    "http://public.example:0/",
    "http://public.example:99999/",
    "http://public.example:x/",
    "http:///etc/passwd",
    "http://[::1/",
    "file:///etc/passwd",
    "gopher://public.example/",
    "ftp://public.example/",
    "//public.example/",
    "public.example",
    "",
    "http://" + "a" * 3000 + "/",
]


@pytest.mark.parametrize("purpose", [Purpose.DEVICE, Purpose.DATASOURCE, Purpose.WEBHOOK])
@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_spelling_is_refused(url: str, purpose: Purpose) -> None:
    with pytest.raises(AddressRefused):
        guard().check(url, purpose)


@pytest.mark.parametrize(
    ("url", "purposes"),
    [
        ("http://public.example/x", {Purpose.DEVICE, Purpose.DATASOURCE, Purpose.WEBHOOK}),
        ("https://93.184.215.14", {Purpose.DEVICE, Purpose.DATASOURCE, Purpose.WEBHOOK}),
        ("http://[2606:4700::1111]:8080/", {Purpose.DEVICE, Purpose.DATASOURCE, Purpose.WEBHOOK}),
        ("http://192.168.1.20", {Purpose.DEVICE, Purpose.DATASOURCE}),
        ("http://lan.example:8080", {Purpose.DEVICE, Purpose.DATASOURCE}),
        ("http://10.1.2.3", {Purpose.DEVICE, Purpose.DATASOURCE}),
        ("http://100.64.3.4", {Purpose.DEVICE, Purpose.DATASOURCE}),
        ("http://[fd12:3456::7]", {Purpose.DEVICE, Purpose.DATASOURCE}),
        ("http://[::ffff:10.0.0.1]/", {Purpose.DEVICE, Purpose.DATASOURCE}),
    ],
)
def test_private_networks_are_for_devices_and_datasources_only(url: str, purposes: set[Purpose]) -> None:
    for purpose in (Purpose.DEVICE, Purpose.DATASOURCE, Purpose.WEBHOOK):
        if purpose in purposes:
            assert guard().check(url, purpose).addresses
        else:
            with pytest.raises(AddressRefused, match="private"):
                guard().check(url, purpose)


def test_what_the_operator_set_is_allowed_as_it_stands() -> None:
    permitted = guard().check("http://127.0.0.1:9090/prom", Purpose.OPERATOR)
    assert (permitted.scheme, permitted.host, permitted.port, permitted.addresses) == ("http", "127.0.0.1", 9090, ())


@pytest.mark.parametrize(
    ("allow", "url", "allowed"),
    [
        ("127.0.0.1:9100", "http://127.0.0.1:9100/x", True),
        ("127.0.0.1:9100", "http://127.0.0.1:9101/x", False),
        ("127.0.0.1:9100", "http://sneaky.example:9100/", True),
        ("127.0.0.1:9100", "http://[::ffff:127.0.0.1]:9100/", True),
        ("sneaky.example:9100", "http://sneaky.example:9100/", True),
        ("sneaky.example:9100", "http://127.0.0.1:9100/", False),
        ("[::1]:9100", "http://[::1]:9100/", True),
        ("127.0.0.0/8", "http://127.8.8.8:1/", True),
        ("10.0.0.0/8, 127.0.0.1", "http://127.0.0.1:1/", True),
        ("127.0.0.0/8", "http://2130706433/", False),
        ("93.184.215.0/24", "http://mixed.example/", False),
        ("2002::/16", "http://[2002:7f00:1::]/", False),
    ],
)
def test_the_operators_list(allow: str, url: str, allowed: bool) -> None:
    if allowed:
        assert guard(allow).check(url, Purpose.WEBHOOK)
    else:
        with pytest.raises(AddressRefused):
            guard(allow).check(url, Purpose.WEBHOOK)


@pytest.mark.parametrize("allow", ["10.0.0.1/8", "host", "host:", "host:0", "host:70000", "a b:1", ":80", "http://x:1"])
def test_a_wrong_list_stops_the_start_and_names_the_entry(allow: str) -> None:
    with pytest.raises(ConfigError, match="OUTBOUND_ALLOW"):
        OutboundGuard(allow)


def test_the_refusal_names_place_and_remedy() -> None:
    with pytest.raises(AddressRefused, match=r"'sneaky.example' leads to loopback.*OUTBOUND_ALLOW"):
        guard().check("http://sneaky.example/", Purpose.DEVICE)


def test_addresses_are_pinned_as_they_were_checked() -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    rebinding = OutboundGuard(resolve=lambda host, port: next(answers), own=lambda: [])
    assert rebinding.check("http://rebind.example/", Purpose.WEBHOOK).addresses == ("93.184.215.14",)
    with pytest.raises(AddressRefused):
        rebinding.check("http://rebind.example/", Purpose.WEBHOOK)


def test_the_real_resolver_finds_loopback_and_refuses_nonsense() -> None:
    assert "127.0.0.1" in resolve_within("127.0.0.1", 80)
    with pytest.raises(OSError, match="not a name"):
        resolve_within("a" * 80 + ".example", 80)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    release = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: release.wait(5) and [])
    with pytest.raises(TimeoutError):
        resolve_within("slow.example", 80, seconds=0.05)
    release.set()


def test_own_addresses_come_from_the_kernels_tables() -> None:
    trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n        /24 link UNICAST\n"
    trie += "     |-- 10.0.0.5\n        /32 host LOCAL\n"
    assert parse_ipv4_table(trie) == {ip_address("10.0.0.5")}
    assert parse_ipv6_table("00000000000000000000000000000001 01 80 10 80       lo\n") == {ip_address("::1")}
    assert all(not address.is_loopback for address in own_addresses())
