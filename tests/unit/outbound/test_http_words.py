"""What the client says of an answer, by the library `responses`: statuses, headers, words."""

from __future__ import annotations

from http.client import IncompleteRead

import pytest
import requests
import responses

from backend_server.errors import UpstreamError
from backend_server.outbound import AnswerTooLarge, Bounds, CallFailed, CallTimedOut, HttpClient, HttpReply, HttpRequest

URL = "http://prometheus.invalid:9090/api/v1/query"


def send(request: HttpRequest) -> HttpReply:
    return HttpClient("Prometheus").send(request, Bounds(1.5, 100))


@responses.activate
@pytest.mark.parametrize("status", [200, 201, 302, 404, 503])
def test_every_status_is_an_answer(status: int) -> None:
    responses.get(URL, status=status, body=b"said", headers={"X-Thing": "1", "Location": "http://elsewhere.invalid/"})
    reply = send(HttpRequest("GET", URL))
    assert (reply.status, reply.body, reply.headers["x-thing"]) == (status, b"said", "1")
    assert len(responses.calls) == 1


@responses.activate
def test_what_is_sent() -> None:
    responses.post(URL, body=b"ok")
    send(HttpRequest("POST", URL + "?x=1", {"Authorization": "Bearer t"}, b"query=up"))
    sent = responses.calls[0].request
    assert (sent.method, sent.url, sent.body) == ("POST", URL + "?x=1", b"query=up")
    assert dict(sent.headers) == {
        "User-Agent": "dashwright",
        "Accept-Encoding": "identity",
        "Authorization": "Bearer t",
        "Content-Length": "8",
    }


@responses.activate
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (requests.ConnectTimeout(), CallTimedOut, "Prometheus did not answer within 1.5 s."),
        (requests.ReadTimeout(), CallTimedOut, "Prometheus did not answer within 1.5 s."),
        (requests.ConnectionError(TimeoutError()), CallTimedOut, "Prometheus did not answer within 1.5 s."),
        (requests.ConnectionError(ConnectionResetError()), CallFailed, "Prometheus broke off its answer."),
        (IncompleteRead(b""), CallFailed, "Prometheus broke off its answer."),
    ],
)
def test_a_call_without_an_answer_is_worded_without_an_address(
    fault: Exception, kind: type[UpstreamError], words: str
) -> None:
    responses.get(URL, body=fault)
    with pytest.raises(kind) as failed:
        send(HttpRequest("GET", URL))
    assert failed.value.message == words


@responses.activate
def test_an_answer_of_exactly_the_cap_is_taken_and_one_byte_more_is_not() -> None:
    responses.get(URL, body=b"x" * 100)
    assert len(send(HttpRequest("GET", URL)).body) == 100
    responses.get(URL, body=b"x" * 101)
    with pytest.raises(AnswerTooLarge) as refused:
        send(HttpRequest("GET", URL))
    assert refused.value.status == 200
