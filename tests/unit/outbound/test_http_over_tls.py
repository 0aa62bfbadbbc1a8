"""The client over TLS: the name of the URL is what counts, whatever address is connected to."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend_server.outbound import (
    Bounds,
    CallFailed,
    CallTimedOut,
    HttpClient,
    HttpReply,
    HttpRequest,
    PermittedAddress,
)
from tests.support.raw_server import raw_server, reply

NAME = "device.invalid"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of `NAME` and 127.0.0.2 that is its own authority, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(encoding) + private)
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def http(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpClient]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = HttpClient("The test server")
    yield made
    made.close()


def get(http: HttpClient, host: str, port: int, *, seconds: float = 3.0, body: bytes | None = None) -> HttpReply:
    url = f"https://{host}:{port}/"
    permitted = PermittedAddress(url, "https", host, port, ("127.0.0.1",))
    method = "GET" if body is None else "POST"
    return http.send(HttpRequest(method, url, body=body, permitted=permitted), Bounds(seconds, 1000))


def test_the_name_is_said_and_proven_while_the_connection_goes_to_the_address(
    http: HttpClient, tls: ssl.SSLContext
) -> None:
    said: list[str | None] = []
    heads: list[bytes] = []
    tls.sni_callback = lambda _socket, name, _context: said.append(name)

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(reply(b"ok"))

    with raw_server(script, tls) as port:
        assert get(http, NAME, port).body == b"ok"
        assert get(http, NAME, port).body == b"ok"
        http.close()
    assert said == [NAME]  # one handshake: the connection is kept
    assert f"Host: {NAME}:{port}".encode() in heads[0]


@pytest.mark.parametrize("host", ["other.invalid", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(http: HttpClient, tls: ssl.SSLContext, host: str) -> None:
    heads: list[bytes] = []
    with raw_server(lambda connection, head: heads.append(head), tls) as port:
        with pytest.raises(CallFailed) as refused:
            get(http, host, port)
        http.close()
    assert refused.value.reason == "SSLCertVerificationError"
    assert heads == []


def test_an_address_that_the_certificate_names_is_proven_as_well(http: HttpClient, tls: ssl.SSLContext) -> None:
    with raw_server(lambda connection, head: connection.sendall(reply(b"ok")), tls) as port:
        assert get(http, "127.0.0.2", port).body == b"ok"
        http.close()


def test_a_certificate_that_this_machine_does_not_trust_is_refused(
    tls: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    http = HttpClient("The test server")
    with raw_server(lambda connection, head: None, tls) as port:
        with pytest.raises(CallFailed) as refused:
            get(http, NAME, port)
        http.close()
    assert refused.value.reason == "SSLCertVerificationError"


def drip(connection: socket.socket, head: bytes) -> None:
    for byte in reply(b"x" * 100):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("script", "body"),
    [
        pytest.param(drip, None, id="drips"),
        pytest.param(lambda connection, head: time.sleep(0.6), None, id="says nothing"),
        pytest.param(lambda connection, head: time.sleep(0.6), b"x" * 20_000_000, id="does not read"),
    ],
)
def test_the_deadline_holds(
    http: HttpClient, tls: ssl.SSLContext, script: Callable[[socket.socket, bytes], None], body: bytes | None
) -> None:
    with raw_server(script, tls) as port:
        began = time.monotonic()
        with pytest.raises(CallTimedOut):
            get(http, NAME, port, seconds=0.3, body=body)
        assert time.monotonic() - began < 1.0
        http.close()


def test_the_deadline_holds_for_a_handshake_that_never_comes(http: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(CallTimedOut):
            get(http, NAME, listener.getsockname()[1], seconds=0.3)
        assert time.monotonic() - began < 1.0
