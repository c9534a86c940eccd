"""A database without tables, a broker that is away: what is told of it, also to Sentry, holds no secret."""

import gzip
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from stripe import WebhookSignature

from tests.ports import free_port, refusing
from tests.stack import BIN, HERE
from tests.waiting import PATIENCE, wait_until

SECRETS = {
    "SECRET_KEY": "sphinx of black quartz judge my vow 1234",
    "JWT_SECRET_KEY": "how vexingly quick daft zebras jump 5678",
    "STRIPE_SECRET_KEY": "sk_test_notARealKey0123456789",
    "STRIPE_WEBHOOK_SECRET": "whsec_notARealSecret0123456789",
    "SMTP_PASSWORD": "smtp-violet-harbour",
    "METRICS_TOKEN": "metrics-violet-harbour",
    "database password": "database-violet-harbour",
    "broker password": "broker-violet-harbour",
    "typed password": "typed violet harbour",
    "token": "dG9rZW4gdmlvbGV0IGhhcmJvdXIgb2Ygc29tZWJvZHk",
}


class Sentry(ThreadingHTTPServer):
    """Takes what is reported."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Envelope)
        self.told: list[str] = []


class _Envelope(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.server.told.append((gzip.decompress(body) if packed else body).decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with Sentry() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def troubled(environment: dict[str, str], sentry: Sentry) -> Iterator[dict[str, str]]:
    """Variables of a system in trouble, its secrets known."""
    port = free_port()
    real = {name: secret for name, secret in SECRETS.items() if name.isupper()}
    database = environment["DATABASE_URL"].replace("/culturebridge?", "/postgres?")
    with refusing() as away:
        yield {
            **os.environ,
            **environment,
            **real,
            "DATABASE_URL": database.replace("@", f":{SECRETS['database password']}@", 1),
            "REDIS_URL": f"redis://:{SECRETS['broker password']}@127.0.0.1:{away}/0",
            "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "WEB_CONCURRENCY": "1",
            "SMTP_USER": "mailer",
            "LOG_LEVEL": "DEBUG",
            "SENTRY_DSN": f"http://public@127.0.0.1:{sentry.server_port}/1",
        }


@contextmanager
def running(variables: dict[str, str], log: Path, end: signal.Signals, *command: str) -> Iterator[Path]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            [BIN / command[0], *command[1:]], cwd=HERE, env=variables, stdout=out, stderr=out
        )
    try:
        yield log
    finally:
        process.send_signal(end)
        process.wait(PATIENCE)


def asks_everything(http: httpx.Client) -> set[int]:
    """What is answered when somebody sends what is secret wherever it can be sent."""
    person = {"email": "ada@example.com", "password": SECRETS["typed password"], "name": "Ada"}
    token, bearer = SECRETS["token"], {"Authorization": f"Bearer {SECRETS['token']}"}
    event = '{"id": "evt_1", "type": "charge.updated", "data": {"object": {}}}'
    at, secret = int(time.time()), SECRETS["STRIPE_WEBHOOK_SECRET"]
    signed = {"Stripe-Signature": WebhookSignature.generate_signature_header(event, secret, at)}
    answers = [
        http.post("/auth/register", json=person),
        http.post("/auth/login", json={"email": person["email"], "password": person["password"]}),
        http.post("/auth/password/reset", json={"token": f"{'0' * 32}.{token}", "password": token}),
        http.post("/auth/refresh", json={"refresh_token": token}),
        http.get("/booking/feed.ics", params={"token": token}, headers=bearer),
        http.get(f"/booking/feed/{token}", headers=bearer),
        http.post("/payment/webhook", content=event, headers=signed),
        http.get("/metrics", headers={"Authorization": f"Bearer {SECRETS['METRICS_TOKEN']}"}),
    ]
    assert not [secret for secret in SECRETS.values() if any(secret in answer.text for answer in answers)]
    return {answer.status_code for answer in answers}


def test_a_system_in_trouble_tells_of_it_and_nothing_that_is_secret(
    troubled: dict[str, str], sentry: Sentry, tmp_path: Path
) -> None:
    worker = ("celery", "-A", "worker", "worker", "--pool=solo", "--without-gossip", "--without-mingle")
    with (
        running(troubled, tmp_path / "web.log", signal.SIGTERM, "gunicorn", "wsgi:app") as web,
        running(troubled, tmp_path / "worker.log", signal.SIGKILL, *worker) as waiting,
        httpx.Client(base_url=troubled["PUBLIC_URL"], timeout=PATIENCE) as http,
    ):
        wait_until(lambda: "Booting worker" in web.read_text())
        assert {500, 503} <= asks_everything(http)
        wait_until(lambda: "Cannot connect to redis" in waiting.read_text())
        wait_until(lambda: "UndefinedTable" in "".join(sentry.told))

    said = {log.name: log.read_text() for log in tmp_path.glob("*.log")} | {"Sentry": "".join(sentry.told)}
    assert set(said) == {"web.log", "worker.log", "Sentry"}
    assert [(where, name) for where in said for name in SECRETS if SECRETS[name] in said[where]] == []
    assert "$argon2id$" not in "".join(said.values())
