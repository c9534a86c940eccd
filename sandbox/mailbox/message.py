"""A mail as it was received, taken apart for reading."""

import mimetypes
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

CALENDAR = "text/calendar"


@dataclass(frozen=True)
class Attachment:
    """A part of a mail that is not its text: a file, an inline image, an invitation."""

    filename: str
    content_type: str
    content: bytes
    content_id: str

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.content)

    @property
    def is_calendar(self) -> bool:
        return self.content_type == CALENDAR


@dataclass(frozen=True)
class Message:
    """One mail: what the envelope said, what it says itself, and its bytes as they came."""

    id: int
    received_at: datetime
    envelope_from: str
    to: tuple[str, ...]  # the envelope's recipients, which blind copies are only in
    sender: str
    subject: str
    message_id: str
    headers: dict[str, str]
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]
    raw: bytes

    @property
    def snippet(self) -> str:
        """The beginning of its text, on one line."""
        return " ".join((self.text or "").split())[:140]


def read(number: int, received_at: datetime, envelope_from: str, to: tuple[str, ...], raw: bytes) -> Message:
    """Take a mail apart; raises what Python's email parser raises when it cannot be read."""
    mail = message_from_bytes(raw, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return Message(
        id=number,
        received_at=received_at,
        envelope_from=envelope_from,
        to=to,
        sender=str(mail["From"] or ""),
        subject=str(mail["Subject"] or ""),
        message_id=str(mail["Message-ID"] or "").strip(),
        headers=_headers(mail),
        text=_decoded(text) if text else None,
        html=_decoded(html) if html else None,
        attachments=tuple(_attachments(mail, (text, html))),
        raw=raw,
    )


def _headers(mail: EmailMessage) -> dict[str, str]:
    """Every header by name; one that comes twice, as Received does, has a line for each."""
    headers: dict[str, str] = {}
    for name, value in mail.items():
        headers[name] = f"{headers[name]}\n{value}" if name in headers else str(value)
    return headers


def _attachments(mail: EmailMessage, bodies: tuple[object, ...]) -> list[Attachment]:
    parts = [part for part in mail.walk() if not part.is_multipart() and part not in bodies]
    return [
        Attachment(
            filename=part.get_filename() or _invented_filename(number, part.get_content_type()),
            content_type=part.get_content_type(),
            content=_bytes(part),
            content_id=str(part["Content-ID"] or "").strip().strip("<>"),
        )
        for number, part in enumerate(parts, start=1)
    ]


def _invented_filename(number: int, content_type: str) -> str:
    if content_type == CALENDAR:
        return "invite.ics"
    return f"part-{number}{mimetypes.guess_extension(content_type) or '.bin'}"


def _decoded(part: MIMEPart) -> str:
    """The part as text; characters that its charset does not have become replacement characters."""
    charset = part.get_content_charset("utf-8")
    try:
        return _bytes(part).decode(charset, "replace")
    except LookupError:
        return _bytes(part).decode("utf-8", "replace")


def _bytes(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
