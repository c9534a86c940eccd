"""A mail server with a certificate, which notes who logs in and what it is sent."""

import ssl
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.certificates import Certificate


class Listener(Controller):
    """`kind` is how it speaks TLS: `starttls`, `implicit`, `never`, or `broken` (454 to each STARTTLS)."""

    def __init__(self, kind: str, certificate: Certificate) -> None:
        self.logins: list[bytes] = []
        self.mails: list[bytes] = []
        self.in_tls: list[bool] = []
        self.kind = kind
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.file, certificate.key_file)
        super().__init__(
            self,
            hostname="127.0.0.1",
            port=0,
            ssl_context=context if kind == "implicit" else None,
            tls_context=context if kind in {"starttls", "broken"} else None,
            authenticator=self._let_in,
            auth_require_tls=False,
        )

    @property
    def heard_anything(self) -> bool:
        return bool(self.logins or self.mails)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(bytes(envelope.content or b""))
        self.in_tls.append(session.ssl is not None or self.kind == "implicit")
        return "250 OK"

    def factory(self) -> SMTP:
        kind = _Refusing if self.kind == "broken" else SMTP
        return kind(self.handler, **self.SMTP_kwargs)

    def _let_in(self, *asked: Any) -> AuthResult:
        told = asked[-1]
        assert isinstance(told, LoginPassword)
        self.logins.append(told.password)
        return AuthResult(success=True)

    def _trigger_server(self) -> None:
        """Its port is known only now; aiosmtpd would knock at port 0."""
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


class _Refusing(SMTP):
    async def smtp_STARTTLS(self, _arg: str) -> None:  # noqa: N802
        await self.push("454 4.7.0 TLS not available due to temporary reason")
