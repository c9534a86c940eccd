"""Redis and PostgreSQL behind TLS with a certificate that signed itself: all our clients agree on it."""

import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from celery import Celery
from limits.storage import storage_from_string
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from app import create_app
from app.config.settings import Settings
from app.queue.enqueue import ping_broker
from sandbox.postgres import SOCKET_NAME
from tests.certificates import Certificate, self_signed
from tests.programs import Programs
from tests.tls.proxy import tls_proxy
from tests.waiting import wait_until

HERE = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
QUEUES = "events,schedule,email"
LIKE_THE_MAILER = ("--pool", "threads", "--concurrency", "2", "--without-gossip", "--without-mingle")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"), "db.example.com", "127.0.0.1")


@pytest.fixture(scope="module")
def redis_url(environment: dict[str, str], certificate: Certificate) -> Iterator[str]:
    inside = urlsplit(environment["REDIS_URL"])
    with tls_proxy(certificate, (str(inside.hostname), int(inside.port or 6379))) as port:
        yield f"rediss://127.0.0.1:{port}/0"


@pytest.fixture(scope="module")
def database_url(environment: dict[str, str], certificate: Certificate) -> Iterator[str]:
    folder = parse_qs(urlsplit(environment["DATABASE_URL"]).query)["host"][0]
    with tls_proxy(certificate, f"{folder}/{SOCKET_NAME}", to_postgres=True) as port:
        yield f"postgresql://postgres@/culturebridge?host=db.example.com&hostaddr=127.0.0.1&port={port}"


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def ask_through_celery(_: Settings) -> None:
    """As whoever publishes and whoever works does: both take their connection from this file."""
    queue = Celery("somebody")
    queue.config_from_object(type("Conf", (), runpy.run_path(str(HERE / "celeryconfig.py"))))
    with queue.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0)
        connection.default_channel.client.ping()


def ask_as_the_limits_do(found: Settings) -> None:
    app = create_app(found)
    storage = storage_from_string(found.redis_url, **app.config["RATELIMIT_STORAGE_OPTIONS"])
    if not storage.check():
        raise RedisAway("the limits count in Redis no more")


def ask_as_the_worker_does(found: Settings) -> None:
    with Redis.from_url(found.redis_url, socket_timeout=5) as redis:
        redis.ping()


REDIS_CLIENTS: list[Callable[[Settings], None]] = [
    ask_through_celery,
    ping_broker,
    ask_as_the_limits_do,
    ask_as_the_worker_does,
]


@pytest.mark.parametrize("ask", REDIS_CLIENTS)
def test_every_client_of_redis_refuses_a_certificate_that_nobody_vouches_for(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, ask: Callable[[Settings], None]
) -> None:
    with pytest.raises(Exception, match=r"(?i)certificate verify failed|count in Redis no more"):
        ask(settings(monkeypatch, REDIS_URL=redis_url))


@pytest.mark.parametrize("ask", REDIS_CLIENTS)
def test_every_client_of_redis_believes_the_authority_that_is_named(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, certificate: Certificate, ask: Callable[[Settings], None]
) -> None:
    ask(settings(monkeypatch, REDIS_URL=redis_url, REDIS_TLS_CA_FILE=str(certificate.file)))


@pytest.mark.parametrize("ask", REDIS_CLIENTS)
def test_every_client_of_redis_takes_any_certificate_where_that_is_said(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, ask: Callable[[Settings], None]
) -> None:
    ask(settings(monkeypatch, REDIS_URL=redis_url, REDIS_TLS_VERIFY="false\n"))


IN_THE_URL = {
    "": False,
    "?ssl_cert_reqs=required": False,
    "?ssl_cert_reqs=CERT_REQUIRED&ssl_check_hostname=false": False,
    "?ssl_cert_reqs=none": True,
    "?ssl_cert_reqs=CERT_NONE": True,
    "?ssl_ca_certs={ca}": True,
    "?ssl_cert_reqs=required&ssl_ca_certs={ca}": True,
}
"""What a URL says of itself, and whether a server that vouches for itself alone is believed."""


@pytest.mark.parametrize("ask", REDIS_CLIENTS)
@pytest.mark.parametrize("told", IN_THE_URL)
@pytest.mark.parametrize("scheme", ["rediss", "REDISS"])
def test_what_the_url_itself_says_is_heard_by_every_client_of_redis(
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
    certificate: Certificate,
    ask: Callable[[Settings], None],
    told: str,
    scheme: str,
) -> None:
    url = redis_url.replace("rediss", scheme) + told.format(ca=quote(str(certificate.file), safe=""))
    found = settings(monkeypatch, REDIS_URL=url)

    if IN_THE_URL[told]:
        ask(found)
    else:
        with pytest.raises(Exception, match=r"(?i)certificate verify failed|count in Redis no more"):
            ask(found)


@pytest.mark.parametrize("ask", REDIS_CLIENTS)
def test_a_certificate_of_another_host_is_refused(
    monkeypatch: pytest.MonkeyPatch, redis_url: str, certificate: Certificate, ask: Callable[[Settings], None]
) -> None:
    elsewhere = redis_url.replace("127.0.0.1", "localhost")

    with pytest.raises(Exception, match=r"(?i)certificate verify failed|count in Redis no more"):
        ask(settings(monkeypatch, REDIS_URL=elsewhere, REDIS_TLS_CA_FILE=str(certificate.file)))


@pytest.mark.parametrize(
    ("in_the_url", "variables", "is_let_in"),
    [
        ("", {}, False),
        ("", {"DATABASE_TLS_VERIFY": "false"}, True),
        ("", {"DATABASE_TLS_CA_FILE": "its own"}, True),
        ("", {"DATABASE_TLS_VERIFY": "true", "DATABASE_TLS_CA_FILE": "its own"}, True),
        ("&sslmode=prefer", {}, True),
        ("&sslmode=require", {}, True),
        ("&sslmode=require", {"DATABASE_TLS_VERIFY": "true"}, False),
        ("&sslmode=verify-ca", {}, False),
        ("&sslmode=verify-full&sslrootcert=system", {}, False),
        ("&sslrootcert=its own", {}, True),
        ("&sslmode=verify-full&sslrootcert=its own", {}, True),
        ("&sslmode=verify-full&sslrootcert=its own", {"DATABASE_TLS_VERIFY": "false"}, True),
    ],
)
def test_in_production_the_database_is_verified_unless_told(
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    certificate: Certificate,
    in_the_url: str,
    variables: dict[str, str],
    is_let_in: bool,
) -> None:
    variables = variables | {"DATABASE_URL": f"{database_url}{in_the_url}", "APP_ENV": "production"}
    changes = {name: value.replace("its own", str(certificate.file)) for name, value in variables.items()}
    found = settings(monkeypatch, **changes, **PRODUCTION)
    engine = create_engine(found.database_url, connect_args={"connect_timeout": 5})

    if is_let_in:
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
            assert connection.connection.driver_connection.pgconn.ssl_in_use  # type: ignore[union-attr]
    else:
        with pytest.raises(OperationalError, match="certificate verify failed"):
            engine.connect()
    engine.dispose()


PRODUCTION = {
    "SECRET_KEY": "a quick brown fox jumps over a lazy dog",
    "JWT_SECRET_KEY": "pack my box with five dozen liquor jugs",
    "PUBLIC_URL": "https://api.example.com",
    "STRIPE_SECRET_KEY": "sk_test_0123456789",
    "STRIPE_WEBHOOK_SECRET": "whsec_0123456789",
    "SMTP_FROM_EMAIL": "CultureBridge <hello@example.com>",
    "OPS_EMAIL": "ops@example.com",
    "ALLOWED_REDIRECT_ORIGINS": "https://example.com",
    "RATE_LIMITS": "true",
}


@pytest.mark.timeout(300)
def test_a_worker_and_the_doctor_meet_behind_tls(
    environment: dict[str, str],
    redis_url: str,
    certificate: Certificate,
    sandbox: object,
    programs: Programs,
    tmp_path: Path,
) -> None:
    variables = {**os.environ, "REDIS_URL": redis_url, "REDIS_TLS_CA_FILE": str(certificate.file)}
    log = tmp_path / "worker.log"
    with log.open("wb") as written:
        worker = subprocess.Popen(
            [BIN / "celery", "--app", "worker", "worker", "--queues", QUEUES, *LIKE_THE_MAILER],
            cwd=HERE,
            env=variables,
            stdout=written,
            stderr=written,
        )
    try:
        wait_until(lambda: b" ready." in log.read_bytes())
        for _ in range(6):  # a worker that has just begun may take its first job too late
            done = programs.flask(variables, "doctor")
            if "all queues are worked on" in done.stdout:
                break
    finally:
        worker.terminate()
        worker.wait(30)

    assert "ok   broker" in done.stdout, done.stdout + done.stderr
    assert "all queues are worked on" in done.stdout
