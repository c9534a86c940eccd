"""The SMTP side: takes every mail, or does what the next fault says."""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mailbox.faults import Fault, Faults, Stage
from sandbox.mailbox.store import Store

OK = "250 2.0.0 OK"


class Reception:
    """What aiosmtpd calls for each command of a sender."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = await self._fault("mail", [])
        if fault and fault.reply:
            return fault.reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return OK

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = await self._fault("rcpt", [address])
        if fault and fault.reply:
            return fault.reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return OK

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._faults.take("data", envelope.rcpt_tos)
        if not (fault and fault.reply):
            self._accept(envelope)
        if fault:
            # After accepting, so that a sender who gives up waiting has sent a mail without knowing it.
            await asyncio.sleep(fault.delay_seconds)
            if fault.drop_after_data and isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
        return fault.reply if fault and fault.reply else OK

    def _accept(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        message = self._store.add(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        print(f"{message.subject!r} to {', '.join(message.to)}", flush=True)

    async def _fault(self, stage: Stage, recipients: list[str]) -> Fault | None:
        fault = self._faults.take(stage, recipients)
        if fault:
            await asyncio.sleep(fault.delay_seconds)
        return fault


def protocol(reception: Reception) -> SMTP:
    """One connection's protocol: any sender, no login, international addresses welcome."""
    return SMTP(
        reception,
        hostname="mailbox.localhost",
        ident="CultureBridge mailbox",
        enable_SMTPUTF8=True,
        loop=asyncio.get_running_loop(),
    )
