"""A pool of open SMTP connections, to save greeting and login."""

import smtplib
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import POLLIN, poll

from flask import current_app
from flask_mail import Connection

from app.config import tls
from app.config.settings import current_settings

TIMEOUT = 20
"""Timeout in seconds for each step; Flask-Mail's default has none."""
IDLE = 20
"""Seconds of idleness after which a connection is not reused: servers close idle ones."""
A_MOMENT = 5
"""Seconds of idleness for which a connection is reused without a question, unless the server has spoken."""
MAX_MAILS = 50
"""The most mails in one connection: some servers accept no more than a hundred."""

NETWORK = (smtplib.SMTPException, OSError)


class SmtpConnection(Connection):
    """A connection with timeouts that knows how long it has been idle."""

    spoke_at = 0.0

    def configure_host(self) -> smtplib.SMTP | smtplib.SMTP_SSL:
        """Connect and log in. A server whose certificate fails gets neither password nor mail."""
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

    def hand_over(self, sender: str, recipient: str, message: bytes) -> None:
        """Send a mail. Raises smtplib's errors."""
        if self.host is not None:
            self.host.sendmail(sender, [recipient], message)
        self.num_emails += 1

    @property
    def goes_on(self) -> bool:
        """Whether the server still answers: it may have closed the connection.

        A server that closes has something to read before. A silent one is asked only after a while.
        """
        idle = time.monotonic() - self.spoke_at
        if self.host is None or idle > IDLE or self.num_emails >= MAX_MAILS:
            return False
        if idle < A_MOMENT and not self._is_readable(self.host):
            return True
        with suppress(*NETWORK):
            return self.host.noop()[0] == 250
        return False

    @staticmethod
    def _is_readable(host: smtplib.SMTP) -> bool:
        """Whether the server has sent something unasked, or closed the connection."""
        if host.sock is None:
            return True
        heard = poll()
        heard.register(host.sock.fileno(), POLLIN)
        return bool(heard.poll(0))

    def end(self) -> None:
        """Close the connection; errors are ignored."""
        with suppress(*NETWORK):
            if self.host is not None:
                self.host.quit()


def connect() -> SmtpConnection:
    """A new connection, logged in. Raises smtplib's errors."""
    connection = SmtpConnection(current_app.extensions["mail"])
    connection.__enter__()
    return connection


def take_idle() -> SmtpConnection | None:
    """A pooled connection that still works, for the caller alone. Dead ones are closed."""
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
    """Use the connection in the block. It returns to the pool unless the block fails."""
    try:
        yield
    except BaseException:
        connection.end()
        raise
    connection.spoke_at = time.monotonic()
    _idle().append(connection)


def close_all() -> None:
    """Close all pooled connections."""
    idle = _idle()
    while idle:
        with suppress(IndexError):
            idle.pop().end()


def _idle() -> deque[SmtpConnection]:
    """The pool of this process; the most recently used connection is the last."""
    idle: deque[SmtpConnection] = current_app.extensions.setdefault("idle smtp connections", deque())
    return idle
