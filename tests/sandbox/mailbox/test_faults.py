"""The mailbox's SMTP server fails in the ways it was told to, and then works again."""

import smtplib
import time

import httpx
import pytest

from tests.sandbox.mailbox.conftest import Mailbox

MAIL = b"Subject: Hello\r\n\r\nHello"


def test_a_temporary_refusal_of_one_recipient(mailbox: Mailbox) -> None:
    mailbox.fail(at="rcpt", reply="451 4.7.1 greylisted", to="Client@test.com").raise_for_status()
    with mailbox.sender() as sender:
        _send(sender, "coach@test.com")
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            _send(sender, "client@test.com")
        _send(sender, "client@test.com")

    assert refused.value.recipients == {"client@test.com": (451, b"4.7.1 greylisted")}
    assert [each["to"] for each in mailbox.messages()] == [["client@test.com"], ["coach@test.com"]]


def test_a_refusal_of_the_sender_as_often_as_asked(mailbox: Mailbox) -> None:
    mailbox.fail(at="mail", reply="550 5.7.1 not you", times=2).raise_for_status()
    with mailbox.sender() as sender:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPSenderRefused):
                _send(sender, "client@test.com")
        _send(sender, "client@test.com")

    assert len(mailbox.messages()) == 1


def test_a_refusal_after_the_data(mailbox: Mailbox) -> None:
    mailbox.fail(at="data", reply="554 5.6.0 no").raise_for_status()
    with mailbox.sender() as sender, pytest.raises(smtplib.SMTPDataError):
        _send(sender, "client@test.com")

    assert mailbox.messages() == []


def test_a_connection_dropped_before_the_answer_though_the_mail_arrived(mailbox: Mailbox) -> None:
    mailbox.fail(drop_after_data=True).raise_for_status()
    sender = mailbox.sender()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        _send(sender, "client@test.com")

    assert len(mailbox.messages()) == 1


def test_an_answer_that_comes_too_late_for_the_sender(mailbox: Mailbox) -> None:
    mailbox.fail(delay_seconds=30).raise_for_status()
    sender = mailbox.sender(timeout=0.3)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        _send(sender, "client@test.com")
    sender.close()

    assert len(mailbox.messages()) == 1


def test_a_slow_answer_is_only_slow(mailbox: Mailbox) -> None:
    mailbox.fail(at="rcpt", delay_seconds=0.3).raise_for_status()
    started = time.monotonic()
    with mailbox.sender() as sender:
        _send(sender, "client@test.com")

    assert time.monotonic() - started >= 0.3
    assert len(mailbox.messages()) == 1


def test_faults_are_listed_counted_down_and_cleared(mailbox: Mailbox) -> None:
    mailbox.fail(at="rcpt", reply="451 later", times=3).raise_for_status()
    with mailbox.sender() as sender, pytest.raises(smtplib.SMTPRecipientsRefused):
        _send(sender, "client@test.com")

    [left] = mailbox.get("/_sandbox/faults").json()["items"]
    httpx.delete(f"{mailbox.url}/_sandbox/faults").raise_for_status()

    assert left["times"] == 2
    assert mailbox.get("/_sandbox/faults").json()["items"] == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"at": "quit", "reply": "451 later"},
        {"reply": "hello"},
        {"at": "mail", "to": "client@test.com", "reply": "451 later"},
        {"at": "rcpt", "drop_after_data": True},
        {"reply": "451 later", "times": 0},
        {"reply": "451 later", "unknown": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(mailbox: Mailbox, fault: dict[str, object]) -> None:
    answer = mailbox.fail(**fault)

    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_nobody_can_log_in(mailbox: Mailbox) -> None:
    with mailbox.sender() as sender, pytest.raises(smtplib.SMTPNotSupportedError):
        sender.login("user", "password")


def _send(sender: smtplib.SMTP, to: str) -> None:
    sender.sendmail("hello@test.com", [to], MAIL)
