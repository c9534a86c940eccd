"""Stripe and Sentry behind a certificate that nobody vouches for are told nothing."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe
from flask import Flask

from app import create_app
from app.config.settings import Settings
from app.payments.stripe import client as stripe_client
from app.payments.stripe import webhook_endpoints
from tests.certificates import Certificate, self_signed
from tests.programs import Programs
from tests.tls.proxy import tls_proxy

REPORTS = """
import sentry_sdk
from app.config.settings import Settings
from app.observability import sentry
sentry.init(Settings.load())
sentry_sdk.capture_message("something is wrong")
sentry_sdk.flush(10)
"""


class Told(HTTPServer):
    """Keeps the first line of each request."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), _Answer)


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.requests.append(self.requestline)  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST  # noqa: N815 - the name that http.server calls

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def told() -> Iterator[Told]:
    with Told() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(params=["127.0.0.1", "127.0.0.9"], ids=["of_this_host", "of_another_host"])
def certificate(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("https"), "api.example.com", request.param)


@pytest.fixture
def port(told: Told, certificate: Certificate) -> Iterator[int]:
    with tls_proxy(certificate, ("127.0.0.1", told.server_port)) as port:
        yield port


@pytest.mark.parametrize("by_default", [True, False])
def test_stripe_gets_no_key_without_the_certificate(
    application: Flask, monkeypatch: pytest.MonkeyPatch, told: Told, port: int, by_default: bool
) -> None:
    """Whatever the package's own default says."""
    monkeypatch.setattr(stripe, "verify_ssl_certs", by_default)
    monkeypatch.setenv("SANDBOX_STRIPE_URL", f"https://127.0.0.1:{port}")

    with create_app(Settings.load()).app_context(), pytest.raises(stripe_client.StripeAway) as refused:
        webhook_endpoints.account_name()

    assert "certificate" in str(refused.value.__cause__)
    assert told.requests == []


def test_stripe_is_asked_where_its_certificate_is_right(
    application: Flask, monkeypatch: pytest.MonkeyPatch, told: Told, tmp_path_factory: pytest.TempPathFactory
) -> None:
    good = self_signed(tmp_path_factory.mktemp("good"), "api.example.com", "127.0.0.1")
    monkeypatch.setattr(stripe, "ca_bundle_path", str(good.file))
    with tls_proxy(good, ("127.0.0.1", told.server_port)) as port:
        monkeypatch.setenv("SANDBOX_STRIPE_URL", f"https://127.0.0.1:{port}")
        with create_app(Settings.load()).app_context():
            stripe_client.call(stripe_client.v1().balance.retrieve)

    assert told.requests == ["GET /v1/balance HTTP/1.1"]


def test_sentry_gets_no_report_without_the_certificate(
    environment: dict[str, str], programs: Programs, told: Told, port: int
) -> None:
    dsn = f"https://public@127.0.0.1:{port}/1"

    ended = programs.run(REPORTS, {**os.environ, "SENTRY_DSN": dsn})

    assert ended.returncode == 0, ended.stderr
    assert told.requests == []


def test_sentry_is_told_where_its_certificate_is_right(
    environment: dict[str, str], programs: Programs, told: Told, tmp_path_factory: pytest.TempPathFactory
) -> None:
    good = self_signed(tmp_path_factory.mktemp("good"), "sentry.example.com", "127.0.0.1")
    with tls_proxy(good, ("127.0.0.1", told.server_port)) as port:
        dsn = f"https://public@127.0.0.1:{port}/1"
        programs.run(REPORTS, {**os.environ, "SENTRY_DSN": dsn, "SSL_CERT_FILE": str(good.file)})

    assert told.requests
