"""Backends over TLS: whose certificates are believed, and what `insecureSkipVerification` leaves out (API Gateway API
reference, `TlsConfig`: the authority alone; dates and host name still count)."""

import pytest

from harness import certificates
from harness.tls_backend import TlsBackend


@pytest.fixture
def showing(tmp_path):
    """Starts a backend that shows a certificate, which signs itself unless told otherwise."""
    started = []

    def start(names=("localhost",), **settings):
        made = certificates.make(list(names), **settings)
        chain, key = tmp_path / f"{len(started)}.pem", tmp_path / f"{len(started)}.key"
        chain.write_text(made.pem)
        key.write_text(made.key_pem)
        started.append(TlsBackend(chain, key))
        return f"https://localhost:{started[-1].port}/x"

    yield start
    for backend in started:
        backend.close()


def ask(api, call, uri, path="/x", **settings):
    api.http_proxy(path, uri, **settings)
    api.deploy()
    return call("GET", api.path(path))


INSECURE = {"tlsConfig": {"insecureSkipVerification": True}}


def test_an_unknown_authority_is_not_believed(api, call, showing):
    for path, settings in (("/a", {}), ("/b", {"tlsConfig": {"insecureSkipVerification": False}})):
        got = ask(api, call, showing(), path, **settings)
        assert (got.status, got.json) == (500, {"message": "Internal server error"})


def test_any_authority_is_believed_where_the_integration_says_so(api, call, showing):
    got = ask(api, call, showing(), **INSECURE)
    assert (got.status, got.json["server_name"]) == (200, "localhost")


def test_a_certificate_of_an_authority_of_nobodys_is_believed_there_too(api, call, showing):
    authority = certificates.make(["authority.example"], authority=True)
    assert ask(api, call, showing(signer=authority), **INSECURE).status == 200


def test_name_and_dates_count_even_then(api, call, showing):
    cases = {"/name": {"names": ("other.example",)}, "/expired": {"days": (-10, -1)}, "/future": {"days": (1, 10)}}
    for path, settings in cases.items():
        got = ask(api, call, showing(**settings), path, **INSECURE)
        assert (got.status, got.json) == (500, {"message": "Internal server error"}), settings


def test_only_the_integration_that_says_so_is_insecure(api, call, showing):
    """The two share a backend, and the connection that the first has opened is not the second's."""
    uri = showing()
    api.http_proxy("/insecure", uri, **INSECURE)
    api.http_proxy("/secure", uri)
    api.deploy()
    assert call("GET", api.path("/insecure")).status == 200
    assert call("GET", api.path("/secure")).status == 500
    assert call("GET", api.path("/insecure")).status == 200
