"""Whoever cannot show the mail server's certificate gets neither user, password nor mail; the mail waits."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from app.cli import doctor
from app.config.settings import Settings, current_settings
from app.emails import delivery, smtp, smtp_pool
from app.emails.status import EmailStatus
from tests.certificates import Certificate, self_signed
from tests.config.production_settings import GOOD
from tests.emails.tls_smtp_server import Listener
from tests.outbox import Post
from tests.people import Person

Sending = Callable[..., "Sender"]
KINDS = pytest.mark.parametrize("kind", ["starttls", "implicit"])
UNBELIEVED = pytest.mark.parametrize("name", ["of_another_host", "of_this_host", "expired"])


class Sender:
    """The application of `post`, whose mail server is the listener."""

    def __init__(self, post: Post, listener: Listener) -> None:
        self.app, self.post, self.listener = post.app, post, listener

    def send(self, mail: UUID) -> timedelta | None:
        return self.post.work(delivery.deliver, mail)

    def command(self, *words: str) -> Result:
        return self.app.test_cli_runner().invoke(args=list(words))


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certificate]:
    folder = tmp_path_factory.mktemp("smtp")
    here = "127.0.0.1"
    return {
        "of_another_host": self_signed(folder, "not-the-host.invalid"),
        "of_this_host": self_signed(folder, "mail.example.com", here),
        "expired": self_signed(folder, "expired.example.com", here, age=timedelta(days=3)),
    }


@pytest.fixture
def sending(
    post: Post, certificates: dict[str, Certificate], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sending]:
    """Has the application send to a listener of this kind with the certificate of this name."""
    made: list[Sender] = []

    def make(kind: str, certificate: str = "of_another_host", **variables: str) -> Sender:
        listener = Listener(kind, certificates[certificate])
        listener.start()
        told = {"SMTP_HOST": "127.0.0.1", "SMTP_USER": "us", "SMTP_PASSWORD": "hunter2", **variables}
        for variable, value in told.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv("SMTP_PORT", "465" if kind == "implicit" else "587")
        told_so = create_app(Settings.load())
        for name in ("settings", "mail"):
            monkeypatch.setitem(post.app.extensions, name, told_so.extensions[name])
        monkeypatch.setattr(told_so.extensions["mail"], "port", listener.port)
        made.append(Sender(post, listener))
        return made[-1]

    yield make
    for each in made:
        with each.app.app_context():
            smtp_pool.close_all()
        each.listener.stop(no_assert=True)


def ca(certificate: Certificate) -> dict[str, str]:
    return {"SMTP_TLS_CA_FILE": str(certificate.file)}


@KINDS
@UNBELIEVED
@pytest.mark.parametrize("user", ["us", ""])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    post: Post, client: Person, sending: Sending, kind: str, name: str, user: str
) -> None:
    server = sending(kind, name, SMTP_USER=user, SMTP_TLS_VERIFY="true")
    mail = post.waiting(client)

    assert server.send(mail) is not None

    assert not server.listener.heard_anything
    row = post.row(mail)
    assert row.status is EmailStatus.QUEUED
    assert "certificate verify failed" in (row.last_error or "")


@KINDS
@pytest.mark.parametrize("name", ["of_another_host", "expired"])
def test_the_authority_vouches_for_no_other_host_and_no_other_time(
    post: Post, client: Person, sending: Sending, certificates: dict[str, Certificate], kind: str, name: str
) -> None:
    server = sending(kind, name, **ca(certificates[name]))

    server.send(post.waiting(client))

    assert not server.listener.heard_anything
    assert "certificate verify failed" in (post.row(post.waiting(client)).last_error or "")


@KINDS
def test_a_certificate_of_the_authority_that_is_named_is_believed(
    post: Post, client: Person, sending: Sending, certificates: dict[str, Certificate], kind: str
) -> None:
    server = sending(kind, "of_this_host", **ca(certificates["of_this_host"]))

    server.send(post.waiting(client))

    assert post.row(post.waiting(client)).status is EmailStatus.SENT
    assert server.listener.logins == [b"hunter2"]
    assert server.listener.in_tls == [True]


@KINDS
def test_any_certificate_is_believed_where_that_is_said(
    post: Post, client: Person, sending: Sending, kind: str
) -> None:
    server = sending(kind, SMTP_TLS_VERIFY="false")

    server.send(post.waiting(client))

    assert server.listener.in_tls == [True]


@pytest.mark.parametrize("kind", ["never", "broken"])
@pytest.mark.parametrize("variables", [{}, {"SMTP_USER": "", "SMTP_TLS_VERIFY": "true"}])
def test_a_server_without_tls_gets_nothing_where_tls_is_wanted(
    post: Post, client: Person, sending: Sending, kind: str, variables: dict[str, str]
) -> None:
    server = sending(kind, "of_this_host", **variables)

    server.send(post.waiting(client))

    assert not server.listener.heard_anything
    assert post.row(post.waiting(client)).status is EmailStatus.QUEUED


def test_the_mail_waits_however_often_it_is_tried_and_leaves_once_the_certificate_is_right(
    post: Post, client: Person, sending: Sending, certificates: dict[str, Certificate]
) -> None:
    believed = ca(certificates["of_this_host"])
    mail = post.waiting(client)
    expired = sending("starttls", "expired", **believed)
    pauses = []

    for _ in range(delivery.RETRIES.max_attempts * 2):
        pauses.append(expired.send(mail))
        post.make_due()

    assert None not in pauses
    assert max(filter(None, pauses)) < timedelta(minutes=5)
    assert post.row(mail).status is EmailStatus.QUEUED

    mended = sending("starttls", "of_this_host", **believed)
    assert mended.send(mail) is None
    assert post.row(mail).status is EmailStatus.SENT


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("starttls", "SMTP_HOST must be the name that the certificate is for; set SMTP_TLS_CA_FILE"),
        ("implicit", "SMTP_HOST must be the name that the certificate is for; set SMTP_TLS_CA_FILE"),
        ("never", "Correct SMTP_PORT: passwords, and in production mails to another machine, need TLS."),
        ("broken", "TLS not available due to temporary reason"),
    ],
)
def test_doctor_and_test_mail_say_what_to_do(sending: Sending, kind: str, said: str) -> None:
    server = sending(kind)

    with server.app.app_context():
        finding = doctor.smtp(current_settings())
    sent = server.command("email", "test", "you@example.com")

    assert said in f"{finding.seen} {finding.remedy}"
    assert finding.remedy
    assert sent.exit_code == 1
    assert said in sent.stderr
    assert len(sent.stderr.strip().splitlines()) == 1
    assert not server.listener.heard_anything


def test_a_port_that_speaks_tls_otherwise_is_named(
    sending: Sending, certificates: dict[str, Certificate], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sending("never")
    monkeypatch.setattr(server.app.extensions["mail"], "use_ssl", True)

    assert "465 speaks TLS from the first byte" in server.command("email", "test", "you@example.com").stderr


@pytest.mark.parametrize(
    ("changes", "starttls"),
    [
        ({}, True),
        ({"SMTP_HOST": "10.0.0.8"}, True),
        ({"SMTP_HOST": "relay"}, True),
        ({"SMTP_HOST": "localhost.example.com"}, True),
        ({"SMTP_HOST": "localhost."}, False),
        ({"SMTP_HOST": "LOCALHOST"}, False),
        ({"SMTP_HOST": "127.0.0.1"}, False),
        ({"SMTP_HOST": "::1"}, False),
        ({"SMTP_HOST": "127.0.0.2", "SMTP_USER": "us"}, True),
        ({"SMTP_HOST": "127.0.0.2", "SMTP_TLS_VERIFY": "true"}, True),
        ({"SMTP_TLS_VERIFY": "false"}, True),
        ({"SMTP_PORT": "465"}, False),
        ({"APP_ENV": "development"}, False),
        ({"APP_ENV": "development", "SMTP_USER": "us"}, True),
    ],
)
def test_in_production_tls_is_spoken_unless_the_server_is_local(
    application: Flask, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], starttls: bool
) -> None:
    for name, value in {**GOOD, "SMTP_PORT": "587", **changes}.items():
        monkeypatch.setenv(name, value)

    app = create_app(Settings.load())

    assert app.config["MAIL_USE_TLS"] is starttls
    assert app.config["MAIL_USE_SSL"] is (changes.get("SMTP_PORT") == "465")


def test_production_without_a_user_refuses_a_server_without_tls(
    post: Post, client: Person, sending: Sending, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The name of another machine leads to this one, so that a real listener hears what is said."""
    others = {name: GOOD[name] for name in GOOD if name not in {"DATABASE_URL", "REDIS_URL", "SMTP_HOST"}}
    server = sending("never", SMTP_HOST="mail.example.com", SMTP_USER="", SMTP_PASSWORD="", **others)
    monkeypatch.setattr(server.app.extensions["mail"], "server", "127.0.0.1")

    server.send(post.waiting(client))

    assert not server.listener.heard_anything
    assert "STARTTLS" in (post.row(post.waiting(client)).last_error or "")
    with server.app.app_context(), pytest.raises(smtp.NotConnected, match="STARTTLS"):
        smtp.check()
