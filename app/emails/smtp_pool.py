"""Open SMTP connections: the next mail goes through one of them, without another greeting and login."""

import smtplib
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import current_app
from flask_mail import Connection

from app.config import tls
from app.config.settings import current_settings

TIMEOUT = 20
"""Seconds for each step of the connection; Flask-Mail alone would wait for ever."""
IDLE = 20
"""Seconds of silence after which one is not gone on with: servers hang up after a while."""
MAX_MAILS = 50
"""In one connection: some servers take no more than a hundred."""

NETWORK = (smtplib.SMTPException, OSError)


class SmtpConnection(Connection):
    """One that does not wait for ever, and knows how long it has been silent."""

    spoke_at = 0.0

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Connected and logged in. Whose certificate is not believed gets neither password nor mail."""
        settings = current_settings()
        context = tls.smtp_context(settings.smtp_tls_verify, settings.smtp_tls_ca_file)
        where = self.mail.server, self.mail.port
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=context)
        else:
            host = smtplib.SMTP(*where, timeout=TIMEOUT)
        try:
            if self.mail.use_tls and not self.mail.use_ssl:
                host.starttls(context=context)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    @property
    def goes_on(self) -> bool:
        """Whether the server is still there and listening. It may have hung up meanwhile, or be about to."""
        if self.host is None or time.monotonic() - self.spoke_at > IDLE or self.num_emails >= MAX_MAILS:
            return False
        with suppress(*NETWORK):
            return self.host.noop()[0] == 250
        return False

    def end(self) -> None:
        """Say goodbye; a broken one is no failure."""
        with suppress(*NETWORK):
            if self.host is not None:
                self.host.quit()


def connect() -> SmtpConnection:
    """A new one, logged in. Raises what smtplib does."""
    connection = SmtpConnection(current_app.extensions["mail"])
    connection.__enter__()
    return connection


def take_idle() -> SmtpConnection | None:
    """One that was kept and goes on, for the caller alone; those that do not are ended on the way."""
    idle = _idle()
    while idle:
        with suppress(IndexError):  # another thread took the last one
            connection = idle.pop()
            if connection.goes_on:
                return connection
            connection.end()
    return None


@contextmanager
def returned_unless_broken(connection: SmtpConnection) -> Iterator[None]:
    """Inside, something is said; afterwards somebody else may go on with it, unless that failed."""
    try:
        yield
    except BaseException:
        connection.end()
        raise
    connection.spoke_at = time.monotonic()
    _idle().append(connection)


def close_all() -> None:
    """Say goodbye in all that are kept."""
    idle = _idle()
    while idle:
        with suppress(IndexError):
            idle.pop().end()


def _idle() -> deque[SmtpConnection]:
    """Of this process: the one that spoke last is the last."""
    idle: deque[SmtpConnection] = current_app.extensions.setdefault("idle smtp connections", deque())
    return idle
